// SPDX-License-Identifier: Apache-2.0
// What the commit layer promises, held over every engine: isolation, conflicts, savepoints, the
// order of the log, visibility, and what is left after a restart.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "storage/commit/commit_layer.h"
#include "storage/commit/testing_commit.h"
#include "storage/testing_engines.h"
#include "storage/testing_remote_store.h"

namespace freshet::commit {
namespace {

using storage::EngineKind;
using storage::SpaceKind;

constexpr Space kDocuments{SpaceKind::Documents, 1};
constexpr Space kIndex{SpaceKind::Index, 1};

class CommitContract : public ::testing::TestWithParam<EngineKind> {
 protected:
  CommitContract() : engine_(GetParam().make(log_.logger)) { start(); }

  void start() { layer_.emplace(engine_->store(), log_.clock, log_.logger, CommitOptions{}); }
  void restart() {
    layer_.reset();
    engine_->reopen();
    start();
  }

  CommitResult write(const std::string& key, const std::string& value) {
    Transaction transaction = layer_->begin();
    EXPECT_EQ(transaction.put(kDocuments, key, value), HoldOutcome::Held);
    transaction.append(test_entry(key + "=" + value));
    return layer_->commit(std::move(transaction));
  }

  std::optional<std::string> read(const std::string& key, ReadPoint point = ReadPoint::Latest) {
    return layer_->snapshot(point)->get(kDocuments, key);
  }

  void flush(Position position) {
    const auto waker = std::make_shared<TestWaker>();
    layer_->request_flush(position);
    layer_->wait_visible(position, waker);
    ASSERT_TRUE(waker->wait());
    ASSERT_GE(layer_->visible(), position);
  }

  std::vector<std::string> log() {
    std::vector<std::string> notes;
    Position last;
    const auto cursor = engine_->store().read_log(Position{});
    while (const auto record = cursor->next()) {
      EXPECT_LT(last, record->position);
      EXPECT_EQ(load_le<std::uint64_t>(record->bytes.data() + PendingEntry::kTimestampOffset),
                record->position.value());
      last = record->position;
      notes.push_back(note_of(record->bytes));
    }
    return notes;
  }

  storage::QuietLog log_;
  std::unique_ptr<storage::TestEngine> engine_;
  std::optional<CommitLayer> layer_;
};

TEST_P(CommitContract, ATransactionSeesItsOwnWritesAndOthersDoNot) {
  write("a", "1");
  Transaction transaction = layer_->begin();
  ASSERT_EQ(transaction.put(kDocuments, "a", "2"), HoldOutcome::Held);
  ASSERT_EQ(transaction.put(kDocuments, "b", "3"), HoldOutcome::Held);
  EXPECT_EQ(transaction.get(kDocuments, "a"), "2");
  EXPECT_EQ(transaction.multi_get(kDocuments, {"b", "x", "a"}),
            (std::vector<std::optional<std::string>>{"3", std::nullopt, "2"}));
  EXPECT_EQ(read("a"), "1");
  EXPECT_EQ(read("b"), std::nullopt);
  ASSERT_EQ(layer_->commit(std::move(transaction)).status, CommitStatus::Committed);
  EXPECT_EQ(read("a"), "2");
  EXPECT_EQ(read("b"), "3");
}

TEST_P(CommitContract, AnAbandonedTransactionLeavesNothingAndFreesItsKeys) {
  {
    Transaction transaction = layer_->begin();
    ASSERT_EQ(transaction.put(kDocuments, "a", "1"), HoldOutcome::Held);
    transaction.append(test_entry("never"));
  }
  EXPECT_EQ(read("a"), std::nullopt);
  EXPECT_EQ(write("a", "2").status, CommitStatus::Committed);
  EXPECT_EQ(log(), (std::vector<std::string>{"a=2"}));
}

TEST_P(CommitContract, ASnapshotDoesNotMove) {
  write("a", "1");
  const auto snapshot = layer_->snapshot(ReadPoint::Latest);
  const Position position = snapshot->position();
  EXPECT_EQ(position, layer_->applied());
  const CommitResult second = write("a", "2");
  EXPECT_GT(second.position, position);
  EXPECT_EQ(snapshot->get(kDocuments, "a"), "1");
  EXPECT_EQ(snapshot->position(), position);
  EXPECT_EQ(layer_->snapshot(ReadPoint::Latest)->position(), second.position);
}

TEST_P(CommitContract, AHeldKeyIsAConflictUntilItIsReleased) {
  Transaction holder = layer_->begin();
  ASSERT_EQ(holder.put(kDocuments, "a", "1"), HoldOutcome::Held);
  Transaction other = layer_->begin();
  EXPECT_EQ(other.put(kDocuments, "a", "2"), HoldOutcome::Conflict);
  EXPECT_EQ(other.erase(kDocuments, "a"), HoldOutcome::Conflict);
  EXPECT_EQ(other.hold(kDocuments, "a"), HoldOutcome::Conflict);
  EXPECT_EQ(other.put(kIndex, "a", "2"), HoldOutcome::Held);
  EXPECT_EQ(other.get(kDocuments, "a"), std::nullopt);
  const auto waker = std::make_shared<TestWaker>();
  const auto parked = std::make_shared<TestWaker>();
  other.wait_for_conflict(waker);
  layer_->wait_released(other.conflict_key(), parked);
  EXPECT_EQ(waker->woken(), 0);
  ASSERT_EQ(layer_->commit(std::move(holder)).status, CommitStatus::Committed);
  EXPECT_EQ(waker->woken(), 1);
  EXPECT_EQ(parked->woken(), 1);
  EXPECT_EQ(other.put(kDocuments, "a", "2"), HoldOutcome::Changed);
  Transaction again = layer_->begin();
  EXPECT_EQ(again.put(kDocuments, "a", "2"), HoldOutcome::Held);
}

TEST_P(CommitContract, AChangedKeyIsSaidAlsoWhenErasedOrNew) {
  write("a", "1");
  Transaction old = layer_->begin();
  write("a", "2");
  write("new", "1");
  write("unrelated", "1");
  EXPECT_EQ(old.put(kDocuments, "a", "3"), HoldOutcome::Changed);
  EXPECT_EQ(old.erase(kDocuments, "new"), HoldOutcome::Changed);
  EXPECT_EQ(old.hold(kDocuments, "a"), HoldOutcome::Changed);
  EXPECT_EQ(old.put(kDocuments, "free", "3"), HoldOutcome::Held);
  EXPECT_EQ(write("a", "4").status, CommitStatus::Committed);  // Changed kept nothing
}

TEST_P(CommitContract, AKeyAsItWasIsNotChanged) {
  write("a", "1");
  Transaction old = layer_->begin();
  Transaction holder = layer_->begin();
  ASSERT_EQ(holder.hold(kDocuments, "a"), HoldOutcome::Held);
  ASSERT_EQ(layer_->commit(std::move(holder)).status, CommitStatus::Committed);
  EXPECT_EQ(old.put(kDocuments, "a", "2"), HoldOutcome::Held);
  EXPECT_EQ(layer_->commit(std::move(old)).status, CommitStatus::Committed);
  EXPECT_EQ(read("a"), "2");
}

TEST_P(CommitContract, ATransactionAtVisibleIsToldOfWhatItCannotSee) {
  flush(write("a", "1").position);
  Transaction old = layer_->begin(ReadPoint::Visible);
  write("a", "2");
  EXPECT_EQ(old.get(kDocuments, "a"), "1");
  EXPECT_EQ(old.put(kDocuments, "a", "3"), HoldOutcome::Changed);
}

TEST_P(CommitContract, ASavepointTakesBackWritesAndEntries) {
  Transaction transaction = layer_->begin();
  ASSERT_EQ(transaction.put(kDocuments, "a", "1"), HoldOutcome::Held);
  transaction.append(test_entry("first"));
  const auto savepoint = transaction.savepoint();
  ASSERT_EQ(transaction.put(kDocuments, "a", "2"), HoldOutcome::Held);
  ASSERT_EQ(transaction.put(kDocuments, "b", "2"), HoldOutcome::Held);
  transaction.append(test_entry("second"));
  transaction.rollback_to(savepoint);
  EXPECT_EQ(transaction.get(kDocuments, "a"), "1");
  EXPECT_EQ(transaction.get(kDocuments, "b"), std::nullopt);
  ASSERT_EQ(transaction.put(kDocuments, "c", "3"), HoldOutcome::Held);
  ASSERT_EQ(layer_->commit(std::move(transaction)).status, CommitStatus::Committed);
  EXPECT_EQ(read("b"), std::nullopt);
  EXPECT_EQ(read("c"), "3");
  EXPECT_EQ(log(), (std::vector<std::string>{"first"}));
}

TEST_P(CommitContract, EntriesOfOneTransactionHavePositionsInOrder) {
  std::vector<Position> positions;
  Position given;
  Transaction transaction = layer_->begin();
  for (const char* note : {"x", "y", "z"})
    transaction.append(test_entry(note));
  const CommitResult result = layer_->commit(
      std::move(transaction), [&](const std::vector<Position>& entries, Position position) {
        positions = entries;
        given = position;
        EXPECT_LT(layer_->applied(), position);  // nobody can see it yet
      });
  ASSERT_EQ(positions.size(), 3U);
  EXPECT_LT(positions[0], positions[1]);
  EXPECT_LT(positions[1], positions[2]);
  EXPECT_EQ(result.position, positions[2]);
  EXPECT_EQ(given, result.position);
  EXPECT_EQ(log(), (std::vector<std::string>{"x", "y", "z"}));
}

TEST_P(CommitContract, ManyEntriesOfManyCommitsStandInOrder) {
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    expected.push_back("k" + std::to_string(i) + "=v");
    write("k" + std::to_string(i), "v");
  }
  EXPECT_EQ(log(), expected);
}

class Catalog final : public CatalogCheck {
 public:
  bool current(const CatalogDependency& dependency) const override {
    return dependency.version == version;
  }
  std::uint64_t version = 1;
};

TEST_P(CommitContract, AStaleCatalogIsRefusedAndLeavesNothing) {
  Catalog catalog;
  layer_->set_catalog_check(&catalog);
  Transaction writer = layer_->begin();
  ASSERT_EQ(writer.put(kDocuments, "a", "1"), HoldOutcome::Held);
  writer.append(test_entry("stale"));
  writer.depends_on({.collection_id = 7, .version = 1});
  Transaction definer = layer_->begin();
  ASSERT_EQ(definer.put({SpaceKind::Catalog, 0}, "c", "2"), HoldOutcome::Held);
  definer.append(test_entry("definition"));
  definer.depends_on({.collection_id = 7, .version = 1});
  const auto publish = [&](const std::vector<Position>&, Position) { catalog.version = 2; };
  ASSERT_EQ(layer_->commit(std::move(definer), publish).status, CommitStatus::Committed);
  bool called = false;
  EXPECT_EQ(layer_
                ->commit(std::move(writer),
                         [&](const std::vector<Position>&, Position) { called = true; })
                .status,
            CommitStatus::StaleCatalog);
  EXPECT_FALSE(called);
  EXPECT_EQ(read("a"), std::nullopt);
  Transaction again = layer_->begin();
  ASSERT_EQ(again.put(kDocuments, "a", "1"), HoldOutcome::Held);
  again.depends_on({.collection_id = 7, .version = 2});
  EXPECT_EQ(layer_->commit(std::move(again)).status, CommitStatus::Committed);
  EXPECT_EQ(log(), (std::vector<std::string>{"definition"}));
}

TEST_P(CommitContract, AfterARestartAllIsThereAndPositionsAreNew) {
  const Position last = write("a", "1").position;
  write("b", "2");
  flush(layer_->applied());
  const Position before = layer_->applied();
  restart();
  if (!engine_->store().traits().durable) {
    EXPECT_EQ(read("a"), std::nullopt);
    return;
  }
  EXPECT_EQ(layer_->applied(), before);
  EXPECT_EQ(layer_->visible(), before);
  EXPECT_EQ(read("a", ReadPoint::Visible), "1");
  const CommitResult next = write("a", "3");
  EXPECT_GE(next.position, Position(before.seconds() + 1, 1));
  EXPECT_GT(next.position, last);
  EXPECT_EQ(log(), (std::vector<std::string>{"a=1", "b=2", "a=3"}));
}

TEST_P(CommitContract, ReadersOfDifferentMomentsHaveAMaximumWithAClearError) {
  if (engine_->store().traits().snapshots_max > 100) GTEST_SKIP() << "not this engine's";
  std::vector<std::shared_ptr<const storage::Snapshot>> open;
  try {
    for (int i = 0; i < 20; ++i) {
      write("a", std::to_string(i));
      open.push_back(layer_->snapshot(ReadPoint::Latest));
    }
    FAIL() << "kept too many";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::SnapshotUnavailable);
  }
  open.clear();
  EXPECT_EQ(write("a", "last").status, CommitStatus::Committed);
}

INSTANTIATE_TEST_SUITE_P(Engines, CommitContract, ::testing::ValuesIn(storage::kEngineKinds),
                         [](const auto& row) { return std::string(row.param.name); });

// A store that sometimes does not know: whatever was acknowledged is there, nothing is there twice,
// and after Unknown nothing more is taken.
TEST(RemoteCommit, UnknownOutcomesEndTheRunAndLoseNothingAcknowledged) {
  storage::QuietLog log;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    storage::RemoteStore store(seed, 6);
    std::vector<std::string> acknowledged;
    std::string doubtful;
    {
      CommitLayer layer(store, log.clock, log.logger, {});
      for (int i = 0;; ++i) {
        Transaction transaction = layer.begin();
        transaction.put_unshared(kDocuments, std::to_string(i), "v");
        transaction.append(test_entry(std::to_string(i)));
        const CommitStatus status = layer.commit(std::move(transaction)).status;
        if (status != CommitStatus::Committed) {
          ASSERT_EQ(status, CommitStatus::Unknown);
          doubtful = std::to_string(i);
          break;
        }
        acknowledged.push_back(std::to_string(i));
      }
      EXPECT_FALSE(layer.accepting());
      EXPECT_EQ(layer.commit(layer.begin()).status, CommitStatus::NotAccepting);
    }
    store.set_unknown_in(0);
    std::vector<std::string> found;
    const auto cursor = store.read_log(Position{});
    while (const auto record = cursor->next())
      found.push_back(note_of(record->bytes));
    if (found.size() > acknowledged.size()) acknowledged.push_back(doubtful);
    EXPECT_EQ(found, acknowledged) << "seed " << seed;
  }
}

}  // namespace
}  // namespace freshet::commit

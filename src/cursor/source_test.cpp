// SPDX-License-Identifier: Apache-2.0
// Batches and the sources that fill them.
#include "cursor/source.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/operation.h"
#include "bson/builder.h"
#include "cursor/query_source.h"
#include "storage/store.h"

namespace freshet::cursor {
namespace {

std::string document(int id, std::size_t bytes = 0) {
  return bson::Builder().add("_id", id).add("x", std::string(bytes, 'x')).take();
}

/// Hands out documents; checks that save and restore alternate.
class ListStage final : public pipeline::Stage {
 public:
  std::optional<bson::View> next(Operation&) override {
    EXPECT_FALSE(saved);
    if (at == documents.size()) return std::nullopt;
    return bson::View(documents[at++]);
  }
  void save() override {
    EXPECT_FALSE(saved);
    saved = true;
  }
  void restore(const storage::Reader&) override {
    EXPECT_TRUE(saved);
    saved = false;
    ++restored;
  }
  std::vector<std::string> documents;
  std::size_t at = 0;
  bool saved = false;
  int restored = 0;
};

class NoReader final : public storage::Reader {
 public:
  std::optional<std::string> get(storage::Space, std::string_view) const override { return {}; }
  std::unique_ptr<storage::Scan> scan(storage::Space, const storage::KeyRange&,
                                      storage::Direction) const override {
    return nullptr;
  }
  storage::Position position() const override { return {}; }
};

class ListExecution final : public pipeline::Execution {
 public:
  pipeline::Stage& root() override { return stage; }
  void set_operation(Operation* op) override { operation = op; }
  std::shared_ptr<const storage::Reader> open_reader() override {
    return std::make_shared<NoReader>();
  }
  ListStage stage;
  Operation* operation = nullptr;
};

struct SourceTest : ::testing::Test {
  std::unique_ptr<QuerySource> make(int documents, std::size_t bytes, TailOptions tail = {},
                                    std::int64_t limit = 0) {
    auto owned = std::make_unique<ListExecution>();
    execution = owned.get();
    for (int i = 0; i < documents; ++i)
      execution->stage.documents.push_back(document(i, bytes));
    return std::make_unique<QuerySource>(std::move(owned), std::make_shared<NoReader>(),
                                         std::move(tail), limit);
  }
  /// Fills one batch; returns its documents' ids.
  std::vector<int> ids(Source& source, const BatchLimits& limits) {
    bson::Builder out;
    out.open_array("b");
    Batch batch(out, limits);
    result = source.fill(batch, op);
    out.close();
    const std::string bytes = out.take();
    std::vector<int> found;
    for (const bson::Element& one : bson::View(bytes)["b"].as_document()) {
      found.push_back(one.as_document()["_id"].as_int32());
    }
    EXPECT_EQ(batch.count(), static_cast<std::int64_t>(found.size()));
    return found;
  }

  SystemClock clock;
  Operation op{clock, 1, std::make_shared<ClientInfo>()};
  ListExecution* execution = nullptr;
  FillResult result = FillResult::Full;
};

TEST_F(SourceTest, HonoursTheCount) {
  const auto source = make(5, 0);
  EXPECT_EQ(ids(*source, {.count_max = 2}), (std::vector<int>{0, 1}));
  EXPECT_EQ(result, FillResult::Full);
  EXPECT_EQ(ids(*source, {.count_max = 0}), std::vector<int>{});
  EXPECT_EQ(ids(*source, {}), (std::vector<int>{2, 3, 4}));
  EXPECT_EQ(result, FillResult::Exhausted);
  EXPECT_EQ(execution->operation, nullptr);
  EXPECT_EQ(ids(*source, {}), std::vector<int>{});
  EXPECT_EQ(result, FillResult::Exhausted);
}

TEST_F(SourceTest, AFullBatchEndsTheCursorWhenTheLimitIsReached) {
  const auto source = make(5, 0, {}, 4);
  EXPECT_EQ(ids(*source, {.count_max = 2}), (std::vector<int>{0, 1}));
  EXPECT_EQ(result, FillResult::Full);
  EXPECT_EQ(ids(*source, {.count_max = 2}), (std::vector<int>{2, 3}));
  EXPECT_EQ(result, FillResult::Exhausted);
}

TEST_F(SourceTest, ADocumentThatDoesNotFitComesFirstInTheNextBatch) {
  const auto source = make(3, 600);
  EXPECT_EQ(ids(*source, {.bytes_max = 1'000}), std::vector<int>{0});
  EXPECT_EQ(result, FillResult::Full);
  EXPECT_EQ(ids(*source, {.bytes_max = 1'000}), std::vector<int>{1});
  EXPECT_EQ(ids(*source, {.bytes_max = 1'000}), std::vector<int>{2});
}

TEST_F(SourceTest, ALargeDocumentAloneIsSentAllTheSame) {
  const auto source = make(2, 5'000);
  EXPECT_EQ(ids(*source, {.bytes_max = 1'000}), std::vector<int>{0});
  EXPECT_EQ(ids(*source, {.bytes_max = 1'000}), std::vector<int>{1});
}

TEST_F(SourceTest, ATailableCursorOutlivesTheEndOfItsData) {
  bool subscribed = false;
  const auto source =
      make(1, 0, {.tailable = true, .await_data = true, .subscribe = [&](const auto&, const auto&) {
                    subscribed = true;
                  }});
  EXPECT_EQ(ids(*source, {}), std::vector<int>{0});
  EXPECT_EQ(result, FillResult::WouldWait);
  source->subscribe(nullptr);
  EXPECT_TRUE(subscribed);
  execution->stage.documents.push_back(document(7));
  EXPECT_EQ(ids(*source, {}), std::vector<int>{7});
  EXPECT_EQ(execution->stage.restored, 1);
}

}  // namespace
}  // namespace freshet::cursor

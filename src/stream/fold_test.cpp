// SPDX-License-Identifier: Apache-2.0
// Properties over random histories: folding the stream gives the state, and resuming from any token
// gives exactly the rest.
#include <gtest/gtest.h>

#include <map>

#include "oplog/apply_ops.h"
#include "query/matcher.h"
#include "stream/stream_testing.h"

namespace freshet::stream {
namespace {

using testing::Collected;
using testing::TestLog;
using testing::token_of;
using testing::type_of;

using State = std::map<std::string, std::map<std::int32_t, std::int32_t>>;  // collection → id → v

/// Writes random changes and remembers what they make.
class History {
 public:
  History(TestLog& log, std::uint64_t seed) : log_(log), random_(seed) {}

  void step() {
    const std::string coll(1, static_cast<char>('a' + random_.below(3)));
    if (random_.below(25) == 0) {
      log_.command("db", "{\"drop\": \"" + coll + "\"}");
      state.erase(coll);
    } else if (random_.below(6) == 0) {
      transaction();
    } else {
      log_.write(TestLog::one(change(coll)));
    }
    if (random_.below(3) == 0) log_.insert("other.x", "{\"_id\": 1}");
  }

  State state;

 private:
  commit::PendingEntry change(const std::string& coll) {
    const std::string ns = "db." + coll;
    const auto id = static_cast<std::int32_t>(random_.below(6));
    const auto value = static_cast<std::int32_t>(random_.below(1'000));
    const std::string key = "{\"_id\": " + std::to_string(id) + "}";
    const std::string document =
        "{\"_id\": " + std::to_string(id) + ", \"v\": " + std::to_string(value) + "}";
    auto& documents = state[coll];
    if (documents.erase(id) == 0) {
      documents[id] = value;
      return log_.insert_entry(ns, document);
    }
    if (random_.below(2) == 0) return log_.remove_entry(ns, key);
    documents[id] = value;
    return log_.update_entry(ns, key, document);
  }

  // Now one entry, now a chain of several.
  void transaction() {
    std::vector<commit::PendingEntry> operations;
    for (std::uint64_t i = 0, n = 1 + random_.below(6); i < n; ++i)
      operations.push_back(change(std::string(1, static_cast<char>('a' + i % 3))));
    const model::SessionId session{log_.uuid, {}};
    oplog::EntryContext context = TestLog::context();
    context.lsid = &session;
    context.txn_number = 4;
    const std::size_t bytes_max = random_.below(2) == 0 ? 400 : oplog::kApplyOpsBytesMax;
    log_.write(oplog::make_apply_ops(context, std::move(operations), bytes_max));
  }

  TestLog& log_;
  SeededRandom random_;
};

void apply(State& state, const std::string& event) {
  const bson::View view(event);
  const std::string coll(view["ns"].as_document()["coll"].as_string());
  const std::string type = type_of(event);
  if (type == "drop") {
    state.erase(coll);
    return;
  }
  const std::int32_t id = view["documentKey"].as_document()["_id"].as_int32();
  if (type == "delete") {
    ASSERT_EQ(state[coll].erase(id), 1U);
  } else {
    ASSERT_EQ(state[coll].contains(id), type == "replace");
    state[coll][id] = view["fullDocument"].as_document()["v"].as_int32();
  }
}

/// Without collections that are empty.
State tidy(State state) {
  std::erase_if(state, [](const auto& entry) { return entry.second.empty(); });
  return state;
}

class FoldTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(FoldTest, TheFoldOfTheStreamIsTheState) {
  TestLog log;
  const auto stream = log.open({"db", ""}, R"([{"$changeStream": {}}])");
  History history(log, GetParam());
  State folded;
  SeededRandom random(GetParam());
  for (int i = 0; i < 60; ++i) {
    history.step();
    if (random.below(3) != 0) continue;
    for (const std::string& event : log.drain(*stream, 1 + random.below(4)))
      apply(folded, event);
    ASSERT_EQ(tidy(folded), tidy(history.state)) << "seed " << GetParam();
  }
}

TEST_P(FoldTest, ResumingFromAnyTokenGivesTheRest) {
  Limits limits;
  limits.stream_ring_bytes_max = GetParam() % 2 == 0 ? 3'000 : 1 << 20;
  TestLog log(limits);
  const model::Namespace db{"db", ""};
  const auto stream = log.open(db, R"([{"$changeStream": {}}])");
  const model::ResumeToken start = stream->post_batch_token();
  History history(log, GetParam());
  for (int i = 0; i < 40; ++i)
    history.step();

  // Batches of one: each event with the token that its batch would carry.
  std::vector<std::string> events;
  std::vector<model::ResumeToken> batch_tokens{start};
  StreamFill result = StreamFill::Full;
  while (result == StreamFill::Full) {
    Collected one(1);
    result = log.fill(*stream, one);
    if (one.events.empty()) break;
    events.push_back(one.events[0]);
    batch_tokens.push_back(stream->post_batch_token());
  }
  ASSERT_GT(events.size(), 20U);
  for (std::size_t i = 0; i <= events.size(); ++i) {
    const std::vector<std::string> rest(events.begin() + static_cast<std::ptrdiff_t>(i),
                                        events.end());
    EXPECT_EQ(log.drain(*log.open_after(db, "resumeAfter", batch_tokens[i])), rest) << i;
    if (i == 0) continue;
    const model::ResumeToken token = token_of(events[i - 1]);
    EXPECT_EQ(log.drain(*log.open_after(db, "startAfter", token)), rest) << i;
    if (i > 1) {
      EXPECT_LT(token_of(events[i - 2]), token);
    }
  }
}

TEST_P(FoldTest, AFilteredStreamShowsWhatItsFilterLetsThrough) {
  const char* const filters[] = {
      R"({"operationType": "insert"})",
      R"({"operationType": {"$in": ["delete", "drop"]}, "ns.coll": "a"})",
      R"({"ns": {"db": "db", "coll": "b"}})",
      R"({"ns.coll": {"$in": ["a", "c"]}, "fullDocument.v": {"$gte": 500}})",
      R"({"$or": [{"operationType": "replace"}, {"documentKey._id": 3}]})",
      R"({"fullDocument": null})",
  };
  TestLog log;
  const model::Namespace db{"db", ""};
  const auto plain = log.open(db, R"([{"$changeStream": {}}])");
  std::vector<std::unique_ptr<ChangeStream>> streams;
  std::vector<query::Matcher> matchers;
  for (const char* filter : filters) {
    streams.push_back(
        log.open(db, std::string(R"([{"$changeStream": {}}, {"$match": )") + filter + "}]"));
    const std::string bytes = testing::json(filter);
    matchers.emplace_back(bson::View(bytes), query::QueryContext{});
  }
  History history(log, GetParam());
  std::vector<std::size_t> shown(streams.size());
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 8; ++i)
      history.step();
    const std::vector<std::string> all = log.drain(*plain);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      std::vector<std::string> wanted;
      for (const std::string& event : all) {
        if (matchers[i].matches(bson::View(event))) wanted.push_back(event);
      }
      EXPECT_EQ(log.drain(*streams[i]), wanted) << filters[i];
      shown[i] += wanted.size();
    }
  }
  for (std::size_t i = 0; i < streams.size(); ++i)
    EXPECT_GT(shown[i], 0U) << filters[i];
}

INSTANTIATE_TEST_SUITE_P(Seeds, FoldTest, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace freshet::stream

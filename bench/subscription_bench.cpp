// SPDX-License-Identifier: Apache-2.0
// What one write costs the hub with 1 to 100,000 filters on its collection: the feeds that the
// subscription index names, each asked whether the entry concerns it, as the dispatcher does.
// `matched` says how many said yes, `bytes` what one feed holds of the heap.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bson/builder.h"
#include "bson/json.h"
#include "oplog/entry.h"
#include "stream/change.h"
#include "stream/definition.h"
#include "stream/feed.h"
#include "stream/scope_index.h"

namespace freshet::stream {
namespace {

/// What the filter number `n` asks of the field `k`, as JSON.
using Filter = std::string (*)(std::int64_t n);

std::string equality(std::int64_t n) {
  return R"({"fullDocument.k": )" + std::to_string(n) + "}";
}
std::string in(std::int64_t n) {
  const std::string first = std::to_string(n * 3);
  return R"({"fullDocument.k": {"$in": [)" + first + ", " + std::to_string(n * 3 + 1) + ", " +
         std::to_string(n * 3 + 2) + "]}}";
}
std::string range(std::int64_t n) {
  return R"({"fullDocument.k": {"$gte": )" + std::to_string(n) + R"(, "$lt": )" +
         std::to_string(n + 1) + "}}";
}
std::string regex(std::int64_t n) {
  return R"({"fullDocument.s": {"$regex": "^)" + std::to_string(n) + "x\"}}";
}
std::string regex_anywhere(std::int64_t n) {
  return R"({"fullDocument.s": {"$regex": "y)" + std::to_string(n) + "x\"}}";
}
std::string operation_and_bound(std::int64_t n) {
  return R"({"operationType": "insert", "fullDocument.k": {"$gt": )" +
         std::to_string(n + 1'000'000) + "}}";
}
std::string expression(std::int64_t n) {
  return R"({"$expr": {"$eq": ["$fullDocument.k", )" + std::to_string(n) + "]}}";
}
std::string expression_range(std::int64_t n) {
  return R"({"$expr": {"$gt": ["$fullDocument.k", )" + std::to_string(n + 1'000'000) + "]}}";
}
std::string other_operation(std::int64_t n) {
  return R"({"operationType": "delete", "documentKey._id": {"$gt": )" + std::to_string(n) + "}}";
}
std::string equality_and_range(std::int64_t n) {
  return R"({"fullDocument.k": )" + std::to_string(n) + R"(, "fullDocument.t": {"$gt": 0}})";
}

/// `count` feeds on the collection db.c, and the index that finds them.
class Feeds {
 public:
  Feeds(Filter filter, std::int64_t count) {
    const std::size_t before = mallinfo2().uordblks;
    for (std::int64_t n = 0; n < count; ++n) {
      const std::string stages =
          bson::from_json(R"({"p": [{"$changeStream": {}}, {"$match": )" + filter(n) + "}]}");
      const StreamOptions options;
      feeds_.push_back(std::make_unique<Feed>(
          n,
          Definition::parse({.scope = Scope(Scope::Level::Collection, {"db", "c"}, false),
                             .options = options,
                             .stages = bson::View(stages)["p"].as_document()}),
          Position{}));
      index_.add(*feeds_.back());
    }
    bytes_each_ = static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(count);
  }

  /// How many feeds the entry concerns.
  std::size_t dispatch(std::string_view bytes) {
    candidates_.clear();
    events_.clear();
    const oplog::EntryView entry = oplog::EntryView::parse(bytes);
    ChangeReader changes(entry);
    while (const std::optional<Change> change = changes.next())
      index_.find(*change, events_, candidates_);
    std::size_t concerned = 0;
    for (const Feed* feed : candidates_)
      concerned += feed->definition()->concerned(entry, events_) ? 1 : 0;
    return concerned;
  }

  double bytes_each() const { return bytes_each_; }

 private:
  std::vector<std::unique_ptr<Feed>> feeds_;
  ScopeIndex index_;
  std::vector<Feed*> candidates_;
  EventCache events_;
  double bytes_each_ = 0;
};

std::string insert_of(std::int64_t k) {
  bson::Builder document;
  document.add("_id", std::int32_t{1}).add("k", k).add("t", 1.0);
  document.add("s", std::to_string(k) + "x").add("pad", std::string(200, 'x'));
  const std::string bytes = document.take();
  return oplog::make_insert({}, {"db.c", model::Uuid{"0123456789abcdef"}}, bson::View(bytes)).bytes;
}

/// The feeds are made anew only when another number of them is asked for: google benchmark calls
/// this several times until it knows how many rounds to time.
void dispatch(benchmark::State& state, Filter filter) {
  static std::unique_ptr<Feeds> feeds;
  static Filter made_filter = nullptr;
  static std::int64_t made_count = 0;
  const std::int64_t count = state.range(0);
  if (made_filter != filter || made_count != count) {
    feeds.reset();
    feeds = std::make_unique<Feeds>(filter, count);
    made_filter = filter;
    made_count = count;
  }
  const std::string entry = insert_of(count / 2);
  std::size_t matched = 0;
  for (auto _ : state)
    matched = feeds->dispatch(entry);
  state.counters["matched"] = static_cast<double>(matched);
  state.counters["bytes"] = feeds->bytes_each();
}

void counts(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("filters")->RangeMultiplier(10)->Range(1, 100'000);
}

BENCHMARK_CAPTURE(dispatch, equality, equality)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, in, in)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, equality_and_range, equality_and_range)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, expression, expression)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, range, range)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, regex, regex)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, expression_range, expression_range)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, operation_and_bound, operation_and_bound)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, regex_anywhere, regex_anywhere)->Apply(counts);
BENCHMARK_CAPTURE(dispatch, other_operation, other_operation)->Apply(counts);

/// Nobody asks for less than everything; equal streams would share a feed, so one is all there is.
void dispatch_without_filter(benchmark::State& state) {
  Feeds feeds([](std::int64_t) { return std::string("{}"); }, 1);
  const std::string entry = insert_of(1);
  for (auto _ : state)
    benchmark::DoNotOptimize(feeds.dispatch(entry));
}
BENCHMARK(dispatch_without_filter);

}  // namespace
}  // namespace freshet::stream

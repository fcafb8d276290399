// SPDX-License-Identifier: Apache-2.0
// Filters of every kind against one document: parsed once, held against it many times.
#include <benchmark/benchmark.h>

#include <string>

#include "bson/builder.h"
#include "bson/json.h"
#include "query/matcher.h"

namespace freshet::query {
namespace {

constexpr const char* kDocument =
    R"({"_id": 1, "n": 42, "name": "somebody of some place", "address": {"city": "Tallinn"},
        "tags": ["a", "b", "c", "d", "e"], "lines": [{"sku": 1, "price": 3}, {"sku": 2, "price": 9}]})";

void match(benchmark::State& state, const char* filter_json) {
  const std::string document = bson::from_json(kDocument);
  const std::string filter = bson::from_json(filter_json);
  const Matcher matcher(bson::View(filter), {});
  for (auto _ : state)
    benchmark::DoNotOptimize(matcher.matches(bson::View(document)));
}

BENCHMARK_CAPTURE(match, everything, "{}");
BENCHMARK_CAPTURE(match, equality, R"({"n": 42})");
BENCHMARK_CAPTURE(match, equality_in_nested, R"({"address.city": "Tallinn"})");
BENCHMARK_CAPTURE(match, equality_in_array, R"({"tags": "e"})");
BENCHMARK_CAPTURE(match, range, R"({"n": {"$gte": 40, "$lt": 50}})");
BENCHMARK_CAPTURE(match, regex, R"({"name": {"$regex": "of.*place$"}})");
BENCHMARK_CAPTURE(match, conjunction, R"({"n": 42, "name": {"$exists": true}, "tags": "a"})");
BENCHMARK_CAPTURE(match, disjunction, R"({"$or": [{"n": 1}, {"n": 2}, {"n": 42}]})");
BENCHMARK_CAPTURE(match, elem_match,
                  R"({"lines": {"$elemMatch": {"sku": 2, "price": {"$gt": 5}}}})");
BENCHMARK_CAPTURE(match, expression, R"({"$expr": {"$gt": [{"$add": ["$n", 1]}, 40]}})");

void match_in(benchmark::State& state) {
  const std::string document = bson::from_json(kDocument);
  bson::Builder filter;
  filter.open_document("n").open_array("$in");
  for (std::int64_t i = 0; i < state.range(0); ++i)
    filter.push(i + 43);
  filter.close().close();
  const std::string bytes = filter.take();
  const Matcher matcher(bson::View(bytes), {});
  for (auto _ : state)
    benchmark::DoNotOptimize(matcher.matches(bson::View(document)));
}
BENCHMARK(match_in)->ArgName("values")->RangeMultiplier(10)->Range(1, 10'000);

void parse_filter(benchmark::State& state) {
  const std::string filter =
      bson::from_json(R"({"n": {"$gte": 40, "$lt": 50}, "address.city": "Tallinn", "tags": "a"})");
  for (auto _ : state)
    benchmark::DoNotOptimize(Matcher(bson::View(filter), {}).always_true());
}
BENCHMARK(parse_filter);

}  // namespace
}  // namespace freshet::query

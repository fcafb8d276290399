// SPDX-License-Identifier: Apache-2.0
// Updates of every form: the new document and the log's delta, from documents of 10 and 100 fields.
#include <benchmark/benchmark.h>

#include <string>

#include "bson/builder.h"
#include "bson/json.h"
#include "query/update.h"

namespace freshet::query {
namespace {

std::string document_of(std::int64_t fields) {
  bson::Builder builder;
  builder.add("_id", std::int32_t{1}).add("n", std::int32_t{0});
  builder.open_array("list").push(std::int32_t{1}).push(std::int32_t{2}).close();
  for (std::int64_t i = 3; i < fields; ++i)
    builder.add("field" + std::to_string(i), "text of a few bytes");
  return builder.take();
}

void update(benchmark::State& state, const char* update_json) {
  const std::string document = document_of(state.range(0));
  const std::string wrapped = bson::from_json("{\"u\": " + std::string(update_json) + "}");
  const bson::ValueView spec = bson::View(wrapped)["u"].value();
  const Update parsed(spec, bson::View(), {});
  for (auto _ : state)
    benchmark::DoNotOptimize(parsed.apply(bson::View(document), {}, {}).changed);
}

void both_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("fields")->Arg(10)->Arg(100);
}

BENCHMARK_CAPTURE(update, inc, R"({"$inc": {"n": 1}})")->Apply(both_sizes);
BENCHMARK_CAPTURE(update, set_last, R"({"$set": {"field9": "other"}})")->Apply(both_sizes);
BENCHMARK_CAPTURE(update, set_new, R"({"$set": {"new": 1}})")->Apply(both_sizes);
BENCHMARK_CAPTURE(update, set_same, R"({"$set": {"n": 0}})")->Apply(both_sizes);
BENCHMARK_CAPTURE(update, push, R"({"$push": {"list": 3}})")->Apply(both_sizes);
BENCHMARK_CAPTURE(update, unset, R"({"$unset": {"field5": ""}})")->Apply(both_sizes);
BENCHMARK_CAPTURE(update, replacement, R"({"n": 7, "other": "text"})")->Apply(both_sizes);
BENCHMARK_CAPTURE(update, pipeline, R"([{"$set": {"n": {"$add": ["$n", 1]}}}])")->Apply(both_sizes);

void parse_update(benchmark::State& state) {
  const std::string wrapped = bson::from_json(R"({"u": {"$inc": {"n": 1}, "$set": {"a.b": "x"}}})");
  for (auto _ : state)
    benchmark::DoNotOptimize(Update(bson::View(wrapped)["u"].value(), bson::View(), {}).form());
}
BENCHMARK(parse_update);

}  // namespace
}  // namespace freshet::query

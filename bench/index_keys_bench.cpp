// SPDX-License-Identifier: Apache-2.0
// The keys one document has in one index, for each kind of index.
#include <benchmark/benchmark.h>

#include <string>

#include "bson/json.h"
#include "catalog/index_spec.h"
#include "collection/index_keys.h"

namespace freshet::collection {
namespace {

constexpr const char* kDocument =
    R"({"_id": {"$oid": "0123456789abcdef01234567"}, "n": 42, "name": "somebody of some place",
        "address": {"city": "Tallinn", "zip": "10111"}, "tags": ["a", "b", "c", "d", "e"],
        "created": {"$date": {"$numberLong": "1700000000000"}}, "text": "the rain in the north"})";

void make_keys(benchmark::State& state, const char* specification) {
  const std::string document = bson::from_json(kDocument);
  const std::string spec = bson::from_json(specification);
  const catalog::IndexDefinition index =
      catalog::make_index(17, catalog::parse_index_spec(bson::View(spec), nullptr));
  std::size_t keys = 0;
  for (auto _ : state)
    keys = index_keys(index, bson::View(document)).keys.size();
  state.counters["keys"] = static_cast<double>(keys);
}

BENCHMARK_CAPTURE(make_keys, id, R"({"key": {"_id": 1}, "name": "_id_"})");
BENCHMARK_CAPTURE(make_keys, number, R"({"key": {"n": 1}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, nested, R"({"key": {"address.city": 1}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, compound,
                  R"({"key": {"address.city": 1, "created": -1, "n": 1}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, array, R"({"key": {"tags": 1}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, missing, R"({"key": {"nobody": 1}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, hashed, R"({"key": {"n": "hashed"}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, wildcard, R"({"key": {"$**": 1}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, text, R"({"key": {"text": "text"}, "name": "i"})");
BENCHMARK_CAPTURE(make_keys, collation,
                  R"({"key": {"name": 1}, "name": "i", "collation": {"locale": "en"}})");
BENCHMARK_CAPTURE(
    make_keys, outside_partial,
    R"({"key": {"n": 1}, "name": "i", "partialFilterExpression": {"n": {"$gt": 100}}})");

}  // namespace
}  // namespace freshet::collection

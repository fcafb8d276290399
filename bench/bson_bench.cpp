// SPDX-License-Identifier: Apache-2.0
// BSON: the check of bytes from outside, reading in place, building; documents of 4 to 400 fields.
#include <benchmark/benchmark.h>

#include <string>

#include "bson/builder.h"
#include "bson/validate.h"
#include "bson/view.h"

namespace freshet::bson {
namespace {

/// Half numbers, half strings, and one nested document for every eight fields.
std::string document_of(std::int64_t fields) {
  Builder builder;
  for (std::int64_t i = 0; i < fields; ++i) {
    const std::string name = "field" + std::to_string(i);
    if (i % 8 == 7) {
      builder.open_document(name).add("a", i).add("b", "inner").close();
    } else if (i % 2 == 0) {
      builder.add(name, i);
    } else {
      builder.add(name, "some text of a few bytes");
    }
  }
  return builder.take();
}

void count_bytes(benchmark::State& state, const std::string& document) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(document.size()));
}

void validate_document(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(validate(document));
  count_bytes(state, document);
}
BENCHMARK(validate_document)->ArgName("fields")->RangeMultiplier(10)->Range(4, 400);

void read_every_field(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  for (auto _ : state) {
    for (const Element& field : View(document))
      benchmark::DoNotOptimize(field.type());
  }
  count_bytes(state, document);
}
BENCHMARK(read_every_field)->ArgName("fields")->RangeMultiplier(10)->Range(4, 400);

void find_last_field(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  const std::string name = "field" + std::to_string(state.range(0) - 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(View(document)[name].type());
}
BENCHMARK(find_last_field)->ArgName("fields")->RangeMultiplier(10)->Range(4, 400);

void build_document(benchmark::State& state) {
  std::string buffer;
  for (auto _ : state) {
    buffer.clear();
    Builder builder(buffer);
    for (std::int64_t i = 0; i < state.range(0); ++i)
      builder.add("field", i);
    builder.finish();
    benchmark::DoNotOptimize(buffer.data());
  }
  count_bytes(state, buffer);
}
BENCHMARK(build_document)->ArgName("fields")->RangeMultiplier(10)->Range(4, 400);

void copy_elements(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  std::string buffer;
  for (auto _ : state) {
    buffer.clear();
    Builder builder(buffer);
    for (const Element& field : View(document))
      builder.add(field);
    builder.finish();
    benchmark::DoNotOptimize(buffer.data());
  }
  count_bytes(state, document);
}
BENCHMARK(copy_elements)->ArgName("fields")->RangeMultiplier(10)->Range(4, 400);

}  // namespace
}  // namespace freshet::bson

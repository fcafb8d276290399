// SPDX-License-Identifier: Apache-2.0
// From a write to its log entry, and from the entry to the change event that clients see.
#include <benchmark/benchmark.h>

#include <string>

#include "bson/builder.h"
#include "bson/json.h"
#include "oplog/entry.h"
#include "stream/change.h"
#include "stream/event.h"

namespace freshet::stream {
namespace {

const oplog::EntryTarget kTarget{"db.c", model::Uuid{"0123456789abcdef"}};

std::string document_of(std::int64_t bytes) {
  bson::Builder builder;
  builder.add_object_id("_id", "abcdefghijkl").add("k", std::int32_t{7});
  builder.add("s", std::string(static_cast<std::size_t>(bytes), 'x'));
  return builder.take();
}

std::string delta() {
  return bson::from_json(R"({"$v": 2, "diff": {"u": {"a": 1, "b": "x"}, "d": {"old": false}}})");
}

void entry_of_insert(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(oplog::make_insert({}, kTarget, bson::View(document)).bytes.data());
}
BENCHMARK(entry_of_insert)->ArgName("bytes")->Arg(200)->Arg(4'000);

void entry_of_update(benchmark::State& state) {
  const std::string document = document_of(20), o = delta();
  const bson::ValueView id = bson::View(document)["_id"].value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        oplog::make_update({}, kTarget, bson::View(o), id, 0, nullptr).bytes.data());
  }
}
BENCHMARK(entry_of_update);

void build_events(benchmark::State& state, const commit::PendingEntry& pending) {
  const StreamOptions options;
  const oplog::EntryView entry = oplog::EntryView::parse(pending.bytes);
  for (auto _ : state) {
    ChangeReader changes(entry);
    while (const std::optional<Change> change = changes.next())
      benchmark::DoNotOptimize(make_event(*change, options, {}).data());
  }
}

void event_of_insert(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  build_events(state, oplog::make_insert({}, kTarget, bson::View(document)));
}
BENCHMARK(event_of_insert)->ArgName("bytes")->Arg(200)->Arg(4'000);

void event_of_update(benchmark::State& state) {
  const std::string document = document_of(20), o = delta();
  const bson::ValueView id = bson::View(document)["_id"].value();
  build_events(state, oplog::make_update({}, kTarget, bson::View(o), id, 0, nullptr));
}
BENCHMARK(event_of_update);

void event_of_replacement(benchmark::State& state) {
  const std::string document = document_of(200);
  const bson::ValueView id = bson::View(document)["_id"].value();
  build_events(state, oplog::make_update({}, kTarget, bson::View(document), id, 0, nullptr));
}
BENCHMARK(event_of_replacement);

void event_of_delete(benchmark::State& state) {
  const std::string document = document_of(20);
  const bson::ValueView id = bson::View(document)["_id"].value();
  build_events(state, oplog::make_delete({}, kTarget, id, 0, nullptr));
}
BENCHMARK(event_of_delete);

}  // namespace
}  // namespace freshet::stream

// SPDX-License-Identifier: Apache-2.0
// Commits per second: one document, one index key and one log entry each, by 1 to 16 threads,
// applied (w: 1) or durable (w: "majority").
#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/commit/commit_layer.h"
#include "storage/commit/testing_commit.h"
#include "storage/memory/memory_store.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "storage/testing_support.h"

namespace freshet::commit {
namespace {

using storage::Space;
using storage::SpaceKind;

constexpr Space kDocuments{SpaceKind::Documents, 1};
constexpr Space kIds{SpaceKind::Index, 1};

struct Bench {
  explicit Bench(bool memory) {
    if (memory) {
      store = std::make_unique<memory::MemoryStore>();
    } else {
      store = rocks::open_rocksdb(directory.path() + "/db", {.disk_reserve_bytes = 0}, log.logger);
    }
    layer = std::make_unique<CommitLayer>(*store, log.clock, log.logger, CommitOptions{});
  }

  storage::QuietLog log;
  storage::TemporaryDirectory directory;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<CommitLayer> layer;
  std::atomic<std::uint64_t> records{0};
};

Position commit_one(Bench& bench, const std::string& document) {
  std::string key;
  append_be64(key, ++bench.records);
  Transaction transaction = bench.layer->begin();
  static_cast<void>(transaction.put(kIds, key, key));
  transaction.put_unshared(kDocuments, key, document);
  transaction.append(test_entry(document));
  return bench.layer->commit(std::move(transaction)).position;
}

std::unique_ptr<Bench>
    shared_bench;  // made and ended by thread 0, between google benchmark's barriers

void commit(benchmark::State& state) {
  if (state.thread_index() == 0) shared_bench = std::make_unique<Bench>(state.range(0) == 1);
  const bool durable = state.range(1) == 1;
  const std::string document(200, 'd');
  for (auto _ : state) {
    const Position position = commit_one(*shared_bench, document);
    if (!durable) continue;
    const auto waker = std::make_shared<TestWaker>();
    shared_bench->layer->request_flush(position);
    shared_bench->layer->wait_visible(position, waker);
    waker->wait();
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) shared_bench.reset();
}

BENCHMARK(commit)
    ->ArgNames({"memory", "durable"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->ThreadRange(1, 16)
    ->UseRealTime();

}  // namespace
}  // namespace freshet::commit

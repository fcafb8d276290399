// SPDX-License-Identifier: Apache-2.0
#include "storage/testing_engines.h"

#include "storage/memory/memory_store.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "storage/testing_remote_store.h"

namespace freshet::storage {
namespace {

class MemoryEngine final : public TestEngine {
 public:
  Store& store() override { return *store_; }
  void reopen() override { store_ = std::make_unique<memory::MemoryStore>(); }

 private:
  std::unique_ptr<Store> store_ = std::make_unique<memory::MemoryStore>();
};

// The data is at the other end, so reopening changes nothing.
class RemoteEngine final : public TestEngine {
 public:
  Store& store() override { return store_; }
  void reopen() override {}

 private:
  RemoteStore store_;
};

class RocksdbEngine final : public TestEngine {
 public:
  explicit RocksdbEngine(Logger& logger) : logger_(logger) { reopen(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    // Small buffers: the suite shall meet files, not only buffers.
    store_ = rocks::open_rocksdb(directory_.path() + "/db",
                                 {.cache_bytes_max = std::size_t{8} << 20,
                                  .write_buffer_bytes_max = std::size_t{256} << 10,
                                  .disk_reserve_bytes = 0},
                                 logger_);
  }

 private:
  Logger& logger_;
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

}  // namespace

const EngineKind kEngineKinds[3] = {
    {"memory",
     [](Logger&) -> std::unique_ptr<TestEngine> { return std::make_unique<MemoryEngine>(); }},
    {"rocksdb",
     [](Logger& logger) -> std::unique_ptr<TestEngine> {
       return std::make_unique<RocksdbEngine>(logger);
     }},
    {"remote",
     [](Logger&) -> std::unique_ptr<TestEngine> { return std::make_unique<RemoteEngine>(); }},
};

}  // namespace freshet::storage

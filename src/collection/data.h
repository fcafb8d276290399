// SPDX-License-Identifier: Apache-2.0
// The data floor put together over one store: what app opens and commands are given.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "bson/object_id.h"
#include "catalog/catalog.h"
#include "catalog/ddl.h"
#include "collection/write_unit.h"
#include "collection/writer.h"
#include "oplog/postings.h"
#include "storage/commit/commit_layer.h"
#include "storage/store.h"

namespace freshet {
class Logger;
}

namespace freshet::collection {

/// Thread-safe.
class Data {
 public:
  /// Loads the catalog, recovers counters from the log, drops unfinished index builds and installs
  /// the catalog check and the postings. Requires: all references outlive this; nothing was
  /// committed yet, after storage::begin_run(). Ends after the last commit.
  Data(storage::Store& store, commit::CommitLayer& commits, const Clock& clock, Random& random,
       Logger& logger);
  ~Data();
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;

  storage::Store& store() { return store_; }
  commit::CommitLayer& commits() { return commits_; }
  catalog::Catalog& catalog() { return catalog_; }
  catalog::Ddl& ddl() { return *ddl_; }
  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  bson::ObjectIdSource& object_ids() { return object_ids_; }
  /// Of storage::Identity: grows with every start; `t` of the entries.
  std::int64_t term() const { return term_; }
  /// Begins the next term and gives it: this server becomes primary once more. The log gets an
  /// entry that says so.
  std::int64_t begin_term();

  WriteUnit begin(commit::ReadPoint point = commit::ReadPoint::Latest) {
    return WriteUnit(commits_, catalog_, point);
  }
  WriteUnit begin(std::shared_ptr<const storage::Snapshot> snapshot) {
    return {commits_, catalog_, std::move(snapshot)};
  }
  /// Like a new primary of MongoDB's: every term has an entry of its own, so that there is a
  /// position to name before the first write.
  void note_new_primary();
  /// A context with time, term, logger and the server's choice of images filled in.
  WriteContext write_context() const;
  /// From now on every collection keeps pre-images. Call before anything is written.
  void keep_all_images() { keep_images_ = true; }
  /// Everything that was ever written into the log.
  oplog::LogTotals log_totals() const { return postings_.totals(); }

  /// Forgets what sessions not used since `before_ms` (wall clock) retried; gives how many.
  std::size_t expire_retries(std::int64_t before_ms);

  /// Stores the counters as of a position, so that less of the log is read at the next start. Call
  /// about once a minute, and before a clean end.
  void checkpoint();
  /// The log is needed above this position to recover counters: a bound for retention.
  storage::Position checkpoint_position() const;

 private:
  struct Counters {
    std::int64_t documents = 0;
    std::int64_t bytes = 0;
    bool operator==(const Counters&) const = default;
  };
  using CountersById = std::map<std::uint64_t, Counters>;

  void recover_counters();
  void fold_log(storage::Position after);
  static void fold_operation(const catalog::CatalogState& state, const oplog::EntryView& operation);
  CountersById count_now(storage::Position& at);

  storage::Store& store_;
  commit::CommitLayer& commits_;
  const Clock& clock_;
  Random& random_;
  Logger& logger_;
  bson::ObjectIdSource object_ids_;
  oplog::PostingWriter postings_;
  catalog::Catalog catalog_;
  std::unique_ptr<catalog::Ddl> ddl_;
  std::atomic<std::int64_t> term_ = 1;
  bool keep_images_ = false;
  mutable Mutex mutex_;
  storage::Position checkpoint_ GUARDED_BY(mutex_);
  CountersById stored_ GUARDED_BY(mutex_);
};

}  // namespace freshet::collection

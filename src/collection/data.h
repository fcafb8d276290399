// SPDX-License-Identifier: Apache-2.0
// The data floor put together over one store: what app opens and commands are given.
#pragma once

#include <cstdint>
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
#include "storage/commit/commit_layer.h"
#include "storage/store.h"

namespace freshet::collection {

/// Thread-safe.
class Data {
 public:
  /// Loads the catalog, recovers counters from the log, drops unfinished index builds, takes a new
  /// term and installs the catalog check. Requires: all references outlive this; nothing was
  /// committed yet.
  Data(storage::Store& store, commit::CommitLayer& commits, const Clock& clock, Random& random);
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
  /// Grows with every start; `t` of the entries.
  std::int64_t term() const { return term_; }

  WriteUnit begin(commit::ReadPoint point = commit::ReadPoint::Latest) {
    return WriteUnit(commits_, catalog_, point);
  }
  /// A context with time and term filled in.
  WriteContext write_context() const { return {.wall_ms = clock_.wall_ms(), .term = term_}; }

  /// Stores the counters as of a position, so that less of the log is read at the next start. Call
  /// about once a minute, and before a clean end.
  void checkpoint();
  /// The log is needed above this position to recover counters: a bound for retention.
  storage::Position checkpoint_position() const;

 private:
  void take_term();
  void recover_counters();
  void drop_unfinished_builds();

  storage::Store& store_;
  commit::CommitLayer& commits_;
  const Clock& clock_;
  Random& random_;
  bson::ObjectIdSource object_ids_;
  catalog::Catalog catalog_;
  std::unique_ptr<catalog::Ddl> ddl_;
  std::int64_t term_ = 1;
  mutable Mutex mutex_;
  storage::Position checkpoint_ GUARDED_BY(mutex_);
};

}  // namespace freshet::collection

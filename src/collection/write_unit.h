// SPDX-License-Identifier: Apache-2.0
// One storage transaction of the data floor with what must happen when it commits: counters move
// with it, in commit order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/ddl.h"
#include "storage/commit/commit_layer.h"

namespace freshet::collection {

/// Not thread-safe. Destruction without commit takes everything back.
class WriteUnit {
 public:
  WriteUnit(commit::CommitLayer& commits, const catalog::Catalog& catalog,
            commit::ReadPoint point = commit::ReadPoint::Latest);
  /// Over a snapshot that was taken before.
  WriteUnit(commit::CommitLayer& commits, const catalog::Catalog& catalog,
            std::shared_ptr<const storage::Snapshot> snapshot);
  WriteUnit(WriteUnit&&) noexcept = default;
  WriteUnit& operator=(WriteUnit&&) = delete;

  commit::Transaction& transaction() { return transaction_; }
  const commit::Transaction& transaction() const { return transaction_; }
  /// The catalog as the transaction's snapshot sees it.
  const catalog::CatalogState& catalog() const { return *state_; }
  const catalog::StatePtr& catalog_state() const { return state_; }

  /// Puts a collection that the transaction creates, or its next version, into catalog(); others
  /// see it with the commit.
  void define(std::shared_ptr<catalog::CollectionDefinition> definition);
  bool defines(std::uint64_t collection_id) const;

  // For Writer: what becomes true in memory when the unit commits.

  /// Counts what one write changes.
  void count(const catalog::CollectionDefinition& collection, std::int64_t documents,
             std::int64_t bytes);
  /// The transaction stores that arrays stood at these parts of a component's path.
  void stores_arrays(const catalog::IndexDefinition& index, std::size_t component,
                     std::uint32_t parts);
  /// The transaction stores that the index has a key that was cut.
  void stores_cut(const catalog::IndexDefinition& index);

  struct Savepoint {
    commit::Transaction::Savepoint transaction;
    std::size_t counts;
    std::size_t shapes;
  };
  Savepoint savepoint();
  /// Takes back everything since: one failed statement undoes its own writes only.
  void rollback_to(const Savepoint& savepoint);

  /// No statement before this will be taken back on its own: what that needs is let go.
  void forget_savepoints();

  /// Applies it. Ends the unit. StaleCatalog: begin again. Requires: nothing was defined.
  commit::CommitResult commit();
  /// The same, with what was defined. Throws WriteConflict (112) when a name was taken meanwhile.
  commit::CommitResult commit(catalog::Ddl& ddl);
  /// The same in two steps, so that others can be merged with it meanwhile. Stays where it is from
  /// enqueue() on.
  void enqueue();
  commit::CommitResult finish();

 private:
  struct Count {
    std::shared_ptr<catalog::CollectionRuntime> runtime;  // shared: the collection may go meanwhile
    std::int64_t documents;
    std::int64_t bytes;
  };
  struct Shape {
    std::shared_ptr<catalog::IndexRuntime> runtime;  // shared: the index may go meanwhile
    std::size_t component;
    std::uint32_t parts;
    bool cut;
  };
  void applied() const;
  void add_count(const Count& count);

  commit::CommitLayer* commits_;
  commit::Transaction transaction_;
  catalog::StatePtr state_;
  std::vector<Count> counts_;
  std::vector<Shape> shapes_;
  std::vector<std::shared_ptr<catalog::CollectionDefinition>> defined_;
  std::unique_ptr<commit::QueuedCommit> queued_;  // before what it calls back goes
};

}  // namespace freshet::collection

// SPDX-License-Identifier: Apache-2.0
// Collections and indexes that a multi-document transaction creates. Until its commit they are
// known to the transaction alone; ids are taken from the stored counter beforehand, so that
// documents can be written at once.
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/invariant.h"
#include "catalog/ddl.h"
#include "catalog/ddl_commit.h"
#include "catalog/index_spec.h"
#include "catalog/options.h"
#include "catalog/state_builder.h"
#include "catalog/stored.h"

namespace freshet::catalog {
namespace {

// A collection and its index on _id.
constexpr std::size_t kIdsOfCollection = 2;

class TransactionChange final : public DefinitionChange {
 public:
  TransactionChange(commit::Transaction& transaction, std::uint64_t first_id, std::size_t ids)
      : transaction_(transaction), next_id_(first_id), end_id_(first_id + ids) {}

  std::uint64_t next_id() override {
    invariant(next_id_ < end_id_, "enough ids were reserved");
    return next_id_++;
  }
  // The definition is stored with the commit, when its version is known.
  void put(std::shared_ptr<CollectionDefinition>) override {}
  void append(commit::PendingEntry entry) override { transaction_.append(std::move(entry)); }

 private:
  commit::Transaction& transaction_;
  std::uint64_t next_id_;
  const std::uint64_t end_id_;
};

void check_definable(bson::View options) {
  for (const std::string_view kind : {"viewOn", "timeseries"}) {
    if (!options[kind]) continue;
    raise(ErrorCode::OperationNotSupportedInTransaction,
          "Cannot create a collection with '{}' in a multi-document transaction", kind);
  }
}

}  // namespace

// Ids that are not used in the end are gone: they are many.
std::uint64_t Ddl::reserve_ids(std::size_t count) {
  const MutexLock lock(mutex_);
  const std::string key = stored_key(StoredKey::NextId);
  commit::Transaction transaction = commits_.begin();
  const auto stored = transaction.get(kCatalogSpace, key);
  const std::uint64_t first = stored ? load_be64(stored->data()) : kFirstId;
  std::string next;
  append_be64(next, first + count);
  transaction.put_unshared(kCatalogSpace, key, std::move(next));
  check_committed(commits_.commit(std::move(transaction)));
  return first;
}

std::shared_ptr<CollectionDefinition> Ddl::define_collection(const CatalogState& state,
                                                             const model::Namespace& ns,
                                                             bson::View options,
                                                             commit::Transaction& transaction) {
  check_creatable(state, ns);
  check_definable(options);
  std::string normal = parse_create_options(ns, options);
  TransactionChange change(transaction, reserve_ids(kIdsOfCollection), kIdsOfCollection);
  return define(change, ns, std::move(normal), {});
}

std::shared_ptr<CollectionDefinition> Ddl::define_indexes(const CollectionDefinition& base,
                                                          const std::vector<bson::View>& specs,
                                                          commit::Transaction& transaction) {
  std::vector<IndexDefinition> missing = missing_indexes(specs, base).missing;
  if (missing.empty()) return nullptr;
  std::uint64_t id = reserve_ids(missing.size());
  auto next = DdlCommit::copy_of(base);
  for (IndexDefinition& index : missing) {
    index.id = id++;
    const std::string o = create_indexes_command(base, index);
    transaction.append(oplog::make_command(entry_context(), base.ns.db, base.uuid, bson::View(o)));
    next->indexes.push_back(std::make_shared<const IndexDefinition>(std::move(index)));
  }
  return next;
}

commit::CommitResult Ddl::commit_defined(
    commit::Transaction&& transaction,
    const std::vector<std::shared_ptr<CollectionDefinition>>& defined,
    const commit::CommitLayer::Applied& applied) {
  const MutexLock lock(mutex_);
  const StatePtr base = catalog_.latest();
  StateBuilder builder(*base);
  for (const auto& definition : defined) {
    if (base->find(definition->ns) != nullptr ||
        base->database_differing_by_case(definition->ns.db)) {
      raise(ErrorCode::WriteConflict, "Collection namespace '{}' is already in use",
            definition->full_name);
    }
    transaction.put_unshared(kCatalogSpace, stored_key(StoredKey::Collection, definition->id),
                             encode_definition(*definition));
    builder.put(definition);
  }
  const std::shared_ptr<CatalogState> state = builder.finish();
  const auto publish = [&](const std::vector<storage::Position>& entries,
                           storage::Position position) {
    for (const auto& definition : defined)
      definition->version = position;
    StateBuilder::set_position(*state, position);
    catalog_.publish(state);
    applied(entries, position);
  };
  return commits_.commit(std::move(transaction), publish);
}

}  // namespace freshet::catalog

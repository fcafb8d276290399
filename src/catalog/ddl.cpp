// SPDX-License-Identifier: Apache-2.0
// Creating, dropping and renaming collections. Indexes: ddl_indexes.cpp; collMod: coll_mod.cpp.
#include "catalog/ddl.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/invariant.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "catalog/clustered.h"
#include "catalog/ddl_commit.h"
#include "catalog/index_spec.h"
#include "catalog/options.h"
#include "catalog/stored.h"
#include "catalog/time_series.h"

namespace freshet::catalog {
namespace {

std::string create_entry(const CollectionDefinition& definition) {
  bson::Builder o;
  o.add("create", definition.ns.coll);
  o.add_all(bson::View(definition.options));
  if (const IndexDefinition* id = definition.id_index(); id != nullptr && !id->clustered) {
    o.add("idIndex", bson::View(id->spec));
  }
  return o.take();
}

std::string first_index_spec(const CollectionDefinition& definition) {
  const query::Collation* collation = definition.collation.get();
  if (!definition.clustered) return id_index_spec(collation);
  const bson::Element option = bson::View(definition.options)["clusteredIndex"];
  return clustered_index_spec(option.as_document(), collation);
}

}  // namespace

void check_creatable(const CatalogState& state, const model::Namespace& ns) {
  ns.check();
  if (ns.is_system() && ns.coll != "system.js" && ns.coll != "system.profile" &&
      !model::is_internal_database(ns.db)) {
    raise(ErrorCode::InvalidNamespace, "Invalid system namespace: {}", ns.full());
  }
  check_database_case(state, ns.db);
}

std::string create_indexes_command(const CollectionDefinition& collection,
                                   const IndexDefinition& index) {
  bson::Builder o;
  o.add("createIndexes", collection.ns.coll);
  o.add_all(bson::View(index.spec));
  return o.take();
}

Ddl::Ddl(commit::CommitLayer& commits, Catalog& catalog, const Clock& clock, Random& random,
         std::int64_t term)
    : commits_(commits), catalog_(catalog), clock_(clock), random_(random), term_(term) {}

Ddl::~Ddl() = default;

oplog::EntryContext Ddl::entry_context() const {
  return {.term = term_, .wall_ms = clock_.wall_ms()};
}

storage::Position Ddl::commit_locked(DdlCommit& change) {
  const storage::Position position = change.commit();
  for (const storage::Space space : change.reclaimed())
    dropped_.push_back({space, position});
  return position;
}

std::shared_ptr<CollectionDefinition> Ddl::define(DefinitionChange& change,
                                                  const model::Namespace& ns, std::string options,
                                                  const std::vector<std::string>& index_specs) {
  auto definition = std::make_shared<CollectionDefinition>();
  definition->id = change.next_id();
  definition->ns = ns;
  definition->full_name = ns.full();
  definition->runtime = std::make_shared<CollectionRuntime>();
  apply_options(*definition, std::move(options));
  const bool view = definition->is_view();
  if (!view) definition->uuid = model::Uuid::generate(random_);
  if (!view && !definition->is_time_series()) {
    definition->indexes.push_back(std::make_shared<const IndexDefinition>(
        make_index(change.next_id(), first_index_spec(*definition))));
  }
  const auto uuid = view ? std::nullopt : std::optional(definition->uuid);
  const std::string o = create_entry(*definition);
  change.append(oplog::make_command(entry_context(), ns.db, uuid, bson::View(o)));
  std::vector<std::string> wanted_indexes = index_specs;
  if (definition->is_time_series()) wanted_indexes = time_series_indexes(*definition);
  for (const std::string& spec : wanted_indexes) {
    auto index = std::make_shared<const IndexDefinition>(make_index(change.next_id(), spec));
    const std::string created = create_indexes_command(*definition, *index);
    change.append(oplog::make_command(entry_context(), ns.db, uuid, bson::View(created)));
    definition->indexes.push_back(std::move(index));
  }
  change.put(definition);
  return definition;
}

DdlResult Ddl::create_collection(const model::Namespace& ns, bson::View options,
                                 const ViewCheck& check_view) {
  ns.check();
  std::string normal = parse_create_options(ns, options);
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  if (const CollectionPtr existing = change.base().find(ns)) {
    if (bson::compare(bson::View(existing->options), bson::View(normal)) == 0) {
      return {commits_.applied(), false};
    }
    raise(ErrorCode::NamespaceExists, "namespace {} already exists, but with different options",
          ns.full());
  }
  check_creatable(change.base(), ns);
  const CollectionPtr created = define(change, ns, std::move(normal), {});
  if (created->is_view() && check_view) check_view(change.base(), *created);
  return {commit_locked(change), true};
}

CollectionPtr Ddl::ensure_collection(const model::Namespace& ns) {
  if (catalog_.latest()->find(ns) == nullptr) {
    const MutexLock lock(mutex_);
    DdlCommit change(commits_, catalog_);
    if (change.base().find(ns) == nullptr) {
      check_creatable(change.base(), ns);
      const CollectionPtr created = define(change, ns, bson::View().to_string(), {});
      commit_locked(change);
      return created;
    }
  }
  return require_collection(*catalog_.latest(), ns);
}

void Ddl::append_drop(DdlCommit& change, const CollectionDefinition& collection) {
  bson::Builder o;
  o.add("drop", collection.ns.coll);
  const std::string command = o.take();
  bson::Builder more;
  more.add("numRecords", collection.runtime->documents.load());
  const std::string o2 = more.take();
  const bson::View o2_view(o2);
  const bool view = collection.is_view();
  change.append(oplog::make_command(entry_context(), collection.ns.db,
                                    view ? std::nullopt : std::optional(collection.uuid),
                                    bson::View(command), view ? nullptr : &o2_view));
  change.remove(collection);
}

DropResult Ddl::drop_collection(const model::Namespace& ns) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  DropResult result;
  const CollectionPtr collection = change.base().find(ns);
  if (collection == nullptr) {
    result.ddl.position = commits_.applied();
    return result;
  }
  if (collection->is_oplog()) raise(ErrorCode::IllegalOperation, "can't drop the oplog");
  append_drop(change, *collection);
  result.existed = true;
  result.was_view = collection->is_view();
  result.indexes_were = collection->indexes.size();
  result.ddl = {commit_locked(change), true};
  return result;
}

DdlResult Ddl::drop_database(std::string_view db) {
  if (db == "admin" || db == oplog::kDatabase) {
    raise(ErrorCode::IllegalOperation, "Dropping the '{}' database is prohibited", db);
  }
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  if (!change.base().has_database(db)) return {commits_.applied(), false};
  for (const CollectionPtr& collection : change.base().collections(db)) {
    append_drop(change, *collection);
  }
  bson::Builder o;
  o.add("dropDatabase", std::int32_t{1});
  const std::string command = o.take();
  change.append(oplog::make_command(entry_context(), db, std::nullopt, bson::View(command)));
  return {commit_locked(change), true};
}

namespace {

void check_renamable(const CatalogState& state, const model::Namespace& from,
                     const model::Namespace& to, const CollectionPtr& target, bool drop_target) {
  if (from.is_system() || to.is_system()) {
    raise(ErrorCode::IllegalOperation, "cannot rename {} to {}: system collections stay",
          from.full(), to.full());
  }
  check_database_case(state, to.db);
  if (target == nullptr) return;
  if (target->is_view()) {
    raise(ErrorCode::NamespaceExists, "a view already exists with that name: {}", to.full());
  }
  if (from == to || !drop_target) {
    raise(ErrorCode::NamespaceExists, "target namespace exists: {}", to.full());
  }
}

}  // namespace

DdlResult Ddl::rename_collection(const model::Namespace& from, const model::Namespace& to,
                                 const RenameOptions& options) {
  to.check();
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr source = change.base().find(from);
  if (source == nullptr) {
    raise(ErrorCode::NamespaceNotFound, "Source collection {} does not exist", from.full());
  }
  if (source->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "cannot rename view: {}", from.full());
  }
  if (source->is_oplog()) raise(ErrorCode::IllegalOperation, "can't rename the oplog");
  const CollectionPtr target = change.base().find(to);
  if (target != nullptr && target->is_oplog()) {
    raise(ErrorCode::IllegalOperation, "can't rename onto the oplog");
  }
  check_renamable(change.base(), from, to, target, options.drop_target);

  bson::Builder o;
  o.add("renameCollection", from.full()).add("to", to.full()).add("stayTemp", false);
  bson::Builder more;
  if (target != nullptr) {
    target->uuid.append_to(o, "dropTarget");
    more.add("numRecords", target->runtime->documents.load());
    change.remove(*target);
  }
  const std::string command = o.take();
  const std::string o2 = more.take();
  const bson::View o2_view(o2);
  auto renamed = DdlCommit::copy_of(*source);
  renamed->ns = to;
  renamed->full_name = to.full();
  change.put(std::move(renamed));
  change.append(oplog::make_command(entry_context(), from.db, source->uuid, bson::View(command),
                                    target == nullptr ? nullptr : &o2_view));
  return {commit_locked(change), true};
}

DdlResult Ddl::note(bson::View o) {
  commit::Transaction transaction = commits_.begin();
  transaction.append(oplog::make_noop(entry_context(), o));
  const commit::CommitResult result = commits_.commit(std::move(transaction));
  check_committed(result);
  return {result.position, true};
}

std::vector<storage::Space> Ddl::due_for_reclaim(const storage::Reader& reader,
                                                 storage::Position oldest_reader) {
  std::erase_if(dropped_, [&](const Dropped& d) { return d.position <= oldest_reader; });
  std::vector<storage::Space> due;
  const auto scan =
      reader.scan(kCatalogSpace, stored_range(StoredKey::Reclaim), storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    const storage::Space space = space_of_reclaim_key(scan->key());
    const auto same = [&](const Dropped& d) { return d.space == space; };
    if (std::none_of(dropped_.begin(), dropped_.end(), same)) due.push_back(space);
  }
  return due;
}

namespace {

/// The kinds of catalog keys that go with a space.
std::vector<StoredKey> notes_about(storage::Space space) {
  if (space.kind != storage::SpaceKind::Index) return {StoredKey::Capped};
  return {StoredKey::Multikey, StoredKey::CutKeys, StoredKey::BuildFailure,
          StoredKey::NoDuplicates};
}

}  // namespace

std::size_t Ddl::reclaim(storage::Store& store, storage::Position oldest_reader) {
  std::shared_ptr<const storage::Snapshot> snapshot;
  std::vector<storage::Space> due;
  {
    // Under the mutex, so that no drop is seen in the snapshot that is not in dropped_ yet.
    const MutexLock lock(mutex_);
    snapshot = store.snapshot();
    due = due_for_reclaim(*snapshot, oldest_reader);
  }
  if (due.empty()) return 0;
  commit::Transaction transaction = commits_.begin();
  for (const storage::Space space : due) {
    store.drop_range(space, {});
    static_cast<void>(transaction.erase(kCatalogSpace, reclaim_key(space)));
    for (const StoredKey kind : notes_about(space)) {
      const auto notes =
          snapshot->scan(kCatalogSpace, stored_range(kind, space.id), storage::Direction::Forward);
      for (; notes->valid(); notes->next()) {
        static_cast<void>(transaction.erase(kCatalogSpace, std::string(notes->key())));
      }
    }
  }
  // When the commit fails the notes stay, and the ranges are dropped once more later.
  static_cast<void>(commits_.commit(std::move(transaction)));
  return due.size();
}

}  // namespace freshet::catalog

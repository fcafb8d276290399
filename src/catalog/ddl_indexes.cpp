// SPDX-License-Identifier: Apache-2.0
// Indexes: publishing builds, finishing or taking them back, dropping.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "catalog/ddl.h"
#include "catalog/ddl_commit.h"
#include "catalog/index_spec.h"
#include "catalog/options.h"

namespace freshet::catalog {
namespace {

std::vector<std::string> parse_specs(const std::vector<bson::View>& specs,
                                     const query::Collation* collation) {
  std::vector<std::string> parsed;
  parsed.reserve(specs.size());
  for (const bson::View spec : specs)
    parsed.push_back(parse_index_spec(spec, collation));
  return parsed;
}

[[noreturn]] void raise_conflict(const IndexDefinition& existing, IndexRelation relation) {
  if (relation == IndexRelation::NameConflict) {
    raise(ErrorCode::IndexKeySpecsConflict,
          "an index named '{}' exists already, with another key pattern or other options",
          existing.name);
  }
  raise(ErrorCode::IndexOptionsConflict,
        "Index already exists with a different name or with other options: {}", existing.name);
}

/// True when `wanted` has to be built; throws when it cannot be beside `existing`.
bool is_new(const IndexDefinition& wanted, const CollectionDefinition& collection) {
  for (const IndexPtr& existing : collection.indexes) {
    const IndexRelation relation = relate(*existing, wanted);
    if (relation == IndexRelation::Different) continue;
    if (relation != IndexRelation::Same) raise_conflict(*existing, relation);
    if (!existing->building) return false;
    raise(ErrorCode::ConflictingOperationInProgress, "the index '{}' is being built already",
          existing->name);
  }
  return true;
}

void check_among_themselves(const IndexDefinition& wanted, const std::vector<IndexPtr>& others) {
  for (const IndexPtr& other : others) {
    const IndexRelation relation = relate(*other, wanted);
    if (relation == IndexRelation::Same) {
      raise(ErrorCode::IndexAlreadyExists, "the index '{}' is asked for twice", wanted.name);
    }
    if (relation != IndexRelation::Different) raise_conflict(*other, relation);
  }
}

std::string build_note(std::string_view what, const CollectionDefinition& collection,
                       const std::vector<IndexPtr>& indexes) {
  bson::Builder o;
  o.add("msg", what).add("ns", collection.full_name).open_array("indexes");
  for (const IndexPtr& index : indexes)
    o.push(index->name);
  o.close();
  return o.take();
}

std::string drop_indexes_command(const CollectionDefinition& collection,
                                 const IndexDefinition& index) {
  bson::Builder o;
  o.add("dropIndexes", collection.ns.coll).add("index", index.name);
  return o.take();
}

}  // namespace

std::vector<IndexDefinition> missing_indexes(const std::vector<bson::View>& specs,
                                             const CollectionDefinition& collection) {
  std::vector<IndexPtr> seen;
  std::vector<IndexDefinition> missing;
  for (std::string& spec : parse_specs(specs, collection.collation.get())) {
    IndexDefinition wanted = make_index(0, std::move(spec));
    check_among_themselves(wanted, seen);
    seen.push_back(std::make_shared<const IndexDefinition>(wanted));
    if (is_new(wanted, collection)) missing.push_back(std::move(wanted));
  }
  if (collection.indexes.size() + missing.size() > kIndexesMax) {
    raise(ErrorCode::CannotCreateIndex, "a collection has at most {} indexes", kIndexesMax);
  }
  return missing;
}

StartedBuild Ddl::start_build(const model::Namespace& ns, const std::vector<bson::View>& specs) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  StartedBuild started;
  const CollectionPtr existing = change.base().find(ns);
  if (existing == nullptr) {
    CollectionDefinition empty;
    empty.indexes.push_back(
        std::make_shared<const IndexDefinition>(make_index(0, id_index_spec(nullptr))));
    std::vector<std::string> wanted;
    for (IndexDefinition& index : missing_indexes(specs, empty))
      wanted.push_back(index.spec);
    ns.check();
    check_database_case(change.base(), ns.db);
    started.collection = define(change, ns, bson::View().to_string(), wanted);
    started.position = commit_locked(change);
    started.indexes_before = 1;
    started.indexes_after = started.collection->indexes.size();
    started.created_collection = true;
    return started;
  }
  const CollectionPtr base = require_collection(change.base(), ns);
  if (base->is_oplog()) raise(ErrorCode::IllegalOperation, "cannot create indexes on the oplog");
  started.collection = base;
  started.indexes_before = started.indexes_after = base->indexes.size();
  started.position = commits_.applied();
  std::vector<IndexDefinition> missing = missing_indexes(specs, *base);
  if (missing.empty()) return started;

  auto next = DdlCommit::copy_of(*base);
  for (IndexDefinition& index : missing) {
    index.id = change.next_id();
    index.building = true;
    auto made = std::make_shared<const IndexDefinition>(std::move(index));
    started.indexes.push_back(made);
    next->indexes.push_back(std::move(made));
  }
  const std::string o = build_note("index build started", *base, started.indexes);
  change.append(oplog::make_noop(entry_context(), bson::View(o)));
  change.put(next);
  started.position = commit_locked(change);
  started.indexes_after = next->indexes.size();
  started.collection = std::move(next);
  return started;
}

StartedBuild Ddl::finish_build(std::uint64_t collection_id, const std::vector<IndexPtr>& indexes) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr base = change.base().find_by_id(collection_id);
  if (base == nullptr)
    raise(ErrorCode::IndexBuildAborted, "the collection was dropped during the build");
  auto next = DdlCommit::copy_of(*base);
  for (const IndexPtr& built : indexes) {
    const auto at = std::find_if(next->indexes.begin(), next->indexes.end(),
                                 [&](const IndexPtr& other) { return other->id == built->id; });
    if (at == next->indexes.end()) {
      raise(ErrorCode::IndexBuildAborted, "the index '{}' was dropped during the build",
            built->name);
    }
    auto ready = std::make_shared<IndexDefinition>(**at);
    ready->building = false;
    const std::string o = create_indexes_command(*next, *ready);
    change.append(oplog::make_command(entry_context(), next->ns.db, next->uuid, bson::View(o)));
    *at = std::move(ready);
  }
  change.put(next);
  StartedBuild finished;
  finished.position = commit_locked(change);
  finished.indexes_after = next->indexes.size();
  finished.collection = std::move(next);
  return finished;
}

void Ddl::abort_build(std::uint64_t collection_id, const std::vector<IndexPtr>& indexes) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr base = change.base().find_by_id(collection_id);
  if (base == nullptr) return;
  auto next = DdlCommit::copy_of(*base);
  const auto aborted = [&](const IndexPtr& index) {
    return index->building && std::any_of(indexes.begin(), indexes.end(),
                                          [&](const IndexPtr& a) { return a->id == index->id; });
  };
  for (const IndexPtr& index : base->indexes) {
    if (aborted(index)) change.reclaim(index->space());
  }
  if (std::erase_if(next->indexes, aborted) == 0) return;
  const std::string o = build_note("index build aborted", *base, indexes);
  change.append(oplog::make_noop(entry_context(), bson::View(o)));
  change.put(std::move(next));
  commit_locked(change);
}

void Ddl::abort_unfinished_builds() {
  for (const CollectionPtr& collection : catalog_.latest()->all()) {
    std::vector<IndexPtr> building;
    for (const IndexPtr& index : collection->indexes) {
      if (index->building) building.push_back(index);
    }
    if (!building.empty()) abort_build(collection->id, building);
  }
}

namespace {

IndexPtr index_by_name(const CollectionDefinition& collection, std::string_view name) {
  for (const IndexPtr& index : collection.indexes) {
    if (index->name != name) continue;
    if (index->is_id_index()) raise(ErrorCode::InvalidOptions, "cannot drop the index on _id");
    return index;
  }
  raise(ErrorCode::IndexNotFound, "index not found with name [{}]", name);
}

IndexPtr index_by_key(const CollectionDefinition& collection, bson::View key) {
  IndexPtr found;
  for (const IndexPtr& index : collection.indexes) {
    if (!bson::equal(bson::ValueView::document(index->key_pattern()),
                     bson::ValueView::document(key))) {
      continue;
    }
    if (found != nullptr) {
      raise(ErrorCode::AmbiguousIndexKeyPattern,
            "several indexes have that key pattern, drop them by name: {}, {}", found->name,
            index->name);
    }
    found = index;
  }
  if (found == nullptr) raise(ErrorCode::IndexNotFound, "can't find index with that key");
  if (found->is_id_index()) raise(ErrorCode::InvalidOptions, "cannot drop the index on _id");
  return found;
}

std::vector<IndexPtr> indexes_to_drop(const CollectionDefinition& collection,
                                      bson::ValueView wanted) {
  std::vector<IndexPtr> drop;
  if (wanted.is_string() && wanted.as_string() == "*") {
    for (const IndexPtr& index : collection.indexes) {
      if (!index->is_id_index()) drop.push_back(index);
    }
  } else if (wanted.is_string()) {
    drop.push_back(index_by_name(collection, wanted.as_string()));
  } else if (wanted.is_document()) {
    drop.push_back(index_by_key(collection, wanted.as_document()));
  } else if (wanted.is_array()) {
    for (const bson::Element& name : wanted.as_document()) {
      require_type(name, bson::Type::String, "dropIndexes.index");
      IndexPtr index = index_by_name(collection, name.as_string());
      if (std::find(drop.begin(), drop.end(), index) == drop.end()) drop.push_back(index);
    }
  } else {
    raise(ErrorCode::TypeMismatch,
          "expected string, array or object in 'dropIndexes.index', found {}",
          bson::type_alias(wanted.type()));
  }
  return drop;
}

}  // namespace

DropIndexesResult Ddl::drop_indexes(const model::Namespace& ns, bson::ValueView index) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr base = require_collection(change.base(), ns);
  DropIndexesResult result;
  result.indexes_were = base->indexes.size();
  const std::vector<IndexPtr> drop = indexes_to_drop(*base, index);
  if (drop.empty()) {
    result.ddl.position = commits_.applied();
    return result;
  }
  auto next = DdlCommit::copy_of(*base);
  for (const IndexPtr& dropped : drop) {
    const std::string o = drop_indexes_command(*base, *dropped);
    const bson::View o2(dropped->spec);
    change.append(
        oplog::make_command(entry_context(), base->ns.db, base->uuid, bson::View(o), &o2));
    change.reclaim(dropped->space());
    std::erase(next->indexes, dropped);
  }
  change.put(std::move(next));
  result.ddl = {commit_locked(change), true};
  return result;
}

}  // namespace freshet::catalog

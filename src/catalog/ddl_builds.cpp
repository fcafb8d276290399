// SPDX-License-Identifier: Apache-2.0
// Builds of indexes: publishing, finishing, taking back.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "catalog/build_failure.h"
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

void check_one_text_index(const IndexDefinition& wanted, const std::vector<IndexPtr>& others) {
  if (wanted.kind != IndexKind::Text) return;
  for (const IndexPtr& other : others) {
    if (other->kind != IndexKind::Text) continue;
    raise(ErrorCode::CannotCreateIndex,
          "only one text index per collection allowed, found existing text index '{}'",
          other->name);
  }
}

/// The index that `wanted` asks for, when it is there; throws when `wanted` cannot be beside
/// another.
IndexPtr find_same(const IndexDefinition& wanted, const CollectionDefinition& collection) {
  for (const IndexPtr& existing : collection.indexes) {
    const IndexRelation relation = relate(*existing, wanted);
    if (relation == IndexRelation::Different || existing->replaces != 0) continue;
    if (relation != IndexRelation::Same) raise_conflict(*existing, relation);
    return existing;
  }
  check_one_text_index(wanted, collection.indexes);
  return nullptr;
}

void check_among_themselves(const IndexDefinition& wanted, const std::vector<IndexPtr>& others) {
  for (const IndexPtr& other : others) {
    const IndexRelation relation = relate(*other, wanted);
    if (relation == IndexRelation::Same) {
      raise(ErrorCode::IndexAlreadyExists, "the index '{}' is asked for twice", wanted.name);
    }
    if (relation != IndexRelation::Different) raise_conflict(*other, relation);
  }
  check_one_text_index(wanted, others);
}

/// The specification of a unique index in the place of another.
std::string unique_spec(bson::View spec) {
  bson::Builder out;
  for (const bson::Element& field : spec) {
    if (field.name() != "prepareUnique" && field.name() != "unique") out.add(field);
  }
  out.add("unique", true);
  return out.take();
}

std::string make_unique_command(const CollectionDefinition& collection,
                                const IndexDefinition& index) {
  bson::Builder o;
  o.add("collMod", collection.ns.coll);
  o.open_document("index").add("name", index.name).add("unique", true).close();
  return o.take();
}

std::string commit_index_build_command(const CollectionDefinition& collection,
                                       const std::vector<IndexPtr>& indexes) {
  bson::Builder o;
  o.add("commitIndexBuild", collection.ns.coll).open_array("indexes");
  for (const IndexPtr& index : indexes)
    o.push(bson::View(index->spec));
  o.close();
  return o.take();
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

}  // namespace

MissingIndexes missing_indexes(const std::vector<bson::View>& specs,
                               const CollectionDefinition& collection) {
  std::vector<IndexPtr> seen;
  MissingIndexes out;
  for (std::string& spec : parse_specs(specs, collection.collation.get())) {
    IndexDefinition wanted = make_index(0, std::move(spec));
    check_among_themselves(wanted, seen);
    seen.push_back(std::make_shared<const IndexDefinition>(wanted));
    const IndexPtr same = find_same(wanted, collection);
    if (same == nullptr) out.missing.push_back(std::move(wanted));
    if (same != nullptr && same->building) out.others_build = true;
  }
  if (collection.indexes.size() + out.missing.size() > kIndexesMax) {
    raise(ErrorCode::CannotCreateIndex, "a collection has at most {} indexes", kIndexesMax);
  }
  return out;
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
    for (IndexDefinition& index : missing_indexes(specs, empty).missing)
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
  MissingIndexes wanted = missing_indexes(specs, *base);
  started.others_build = wanted.others_build;
  if (wanted.missing.empty() || wanted.others_build) return started;

  auto next = DdlCommit::copy_of(*base);
  for (IndexDefinition& index : wanted.missing) {
    index.id = change.next_id();
    index.building = true;
    index.runtime->since_ms = clock_.wall_ms();
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

StartedBuild Ddl::start_unique(std::uint64_t collection_id, std::uint64_t index_id) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr base = change.base().find_by_id(collection_id);
  const IndexPtr old = base == nullptr ? nullptr : base->index_by_id(index_id);
  if (old == nullptr) raise(ErrorCode::IndexNotFound, "the index has gone");
  for (const IndexPtr& other : base->indexes) {
    if (other->replaces != index_id) continue;
    raise(ErrorCode::ConflictingOperationInProgress, "the index '{}' is being made unique already",
          old->name);
  }
  IndexDefinition wanted = make_index(change.next_id(), unique_spec(bson::View(old->spec)));
  wanted.building = true;
  wanted.replaces = index_id;
  StartedBuild started;
  started.indexes.push_back(std::make_shared<const IndexDefinition>(std::move(wanted)));
  auto next = DdlCommit::copy_of(*base);
  next->indexes.push_back(started.indexes.front());
  const std::string o = build_note("index conversion started", *base, started.indexes);
  change.append(oplog::make_noop(entry_context(), bson::View(o)));
  change.put(next);
  started.position = commit_locked(change);
  started.collection = std::move(next);
  return started;
}

FinishedBuild Ddl::finish_build(std::uint64_t collection_id, const std::vector<IndexPtr>& indexes) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr base = change.base().find_by_id(collection_id);
  if (base == nullptr)
    raise(ErrorCode::IndexBuildAborted, "the collection was dropped during the build");
  auto next = DdlCommit::copy_of(*base);
  std::vector<IndexPtr> created;
  for (const IndexPtr& built : indexes) {
    const IndexPtr now = base->index_by_id(built->id);
    if (now == nullptr) {
      raise(ErrorCode::IndexBuildAborted, "the index '{}' was dropped during the build",
            built->name);
    }
    const commit::HoldOutcome held = hold_build_failure(change.transaction(), *built);
    if (held != commit::HoldOutcome::Held) {
      const bool conflict = held == commit::HoldOutcome::Conflict;
      return {.conflict_key = conflict ? change.transaction().conflict_key() : std::string()};
    }
    if (const auto failure = build_failure(change.transaction(), *built)) throw *failure;
    const IndexPtr ready = make_ready(change, *next, *now);
    if (now->replaces == 0) created.push_back(ready);
  }
  append_created(change, *next, created);
  change.put(next);
  return {.done = true,
          .conflict_key = {},
          .position = commit_locked(change),
          .indexes_after = next->indexes.size()};
}

// Indexes that were built over documents together are one change, as in MongoDB; on an empty
// collection each is its own.
void Ddl::append_created(DdlCommit& change, const CollectionDefinition& collection,
                         const std::vector<IndexPtr>& indexes) {
  const auto append = [&](const std::string& o) {
    change.append(
        oplog::make_command(entry_context(), collection.ns.db, collection.uuid, bson::View(o)));
  };
  if (indexes.size() > 1 && collection.runtime->documents.load() > 0) {
    append(commit_index_build_command(collection, indexes));
    return;
  }
  for (const IndexPtr& index : indexes)
    append(create_indexes_command(collection, *index));
}

IndexPtr Ddl::make_ready(DdlCommit& change, CollectionDefinition& collection,
                         const IndexDefinition& built) {
  auto ready = std::make_shared<IndexDefinition>(built);
  ready->building = false;
  ready->replaces = 0;
  const bool replaces = built.replaces != 0;
  if (replaces) {
    const std::string o = make_unique_command(collection, *ready);
    change.append(
        oplog::make_command(entry_context(), collection.ns.db, collection.uuid, bson::View(o)));
  }
  std::erase_if(collection.indexes, [&](const IndexPtr& other) {
    return replaces && other->id == built.id;  // it moves to the place of the other
  });
  for (IndexPtr& place : collection.indexes) {
    if (place->id != (replaces ? built.replaces : built.id)) continue;
    if (replaces) change.reclaim(place->space());
    place = ready;
    return ready;
  }
  raise(ErrorCode::IndexBuildAborted, "the index '{}' was dropped during the build", built.name);
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

}  // namespace freshet::catalog

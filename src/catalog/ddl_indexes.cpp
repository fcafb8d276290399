// SPDX-License-Identifier: Apache-2.0
// dropIndexes. Builds: ddl_builds.cpp.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "catalog/ddl.h"
#include "catalog/ddl_commit.h"
#include "catalog/options.h"

namespace freshet::catalog {
namespace {

std::string drop_indexes_command(const CollectionDefinition& collection,
                                 const IndexDefinition& index) {
  bson::Builder o;
  o.add("dropIndexes", collection.ns.coll).add("index", index.name);
  return o.take();
}

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
    const bool same = bson::equal(bson::ValueView::document(index->key_pattern()),
                                  bson::ValueView::document(key));
    if (!same || index->replaces != 0) continue;
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

/// Along with what was to take their place.
std::vector<IndexPtr> with_replacements(const CollectionDefinition& collection,
                                        std::vector<IndexPtr> drop) {
  for (const IndexPtr& index : collection.indexes) {
    const auto replaced = [&](const IndexPtr& other) { return other->id == index->replaces; };
    if (index->replaces != 0 && std::any_of(drop.begin(), drop.end(), replaced)) {
      if (std::find(drop.begin(), drop.end(), index) == drop.end()) drop.push_back(index);
    }
  }
  return drop;
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
  return with_replacements(collection, std::move(drop));
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
    if (dropped->replaces == 0) {
      const std::string o = drop_indexes_command(*base, *dropped);
      const bson::View o2(dropped->spec);
      change.append(
          oplog::make_command(entry_context(), base->ns.db, base->uuid, bson::View(o), &o2));
    }
    change.reclaim(dropped->space());
    std::erase(next->indexes, dropped);
  }
  change.put(std::move(next));
  result.ddl = {commit_locked(change), true};
  return result;
}

}  // namespace freshet::catalog

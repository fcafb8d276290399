// SPDX-License-Identifier: Apache-2.0
#include "stream/scope_index.h"

namespace freshet::stream {
namespace {

void append(const std::vector<Feed*>& feeds, std::vector<Feed*>& out) {
  out.insert(out.end(), feeds.begin(), feeds.end());
}

}  // namespace

std::vector<Feed*>& ScopeIndex::list_of(const Scope& scope) {
  switch (scope.level()) {
    case Scope::Level::Collection:
      return collections_[scope.ns().full()];
    case Scope::Level::Database:
      return databases_[scope.ns().db];
    case Scope::Level::Cluster:
      return cluster_;
    case Scope::Level::Log:
      break;
  }
  return log_;
}

void ScopeIndex::add(Feed& feed) {
  list_of(feed.definition()->scope()).push_back(&feed);
}

void ScopeIndex::remove(Feed& feed) {
  const Scope& scope = feed.definition()->scope();
  std::vector<Feed*>& list = list_of(scope);
  std::erase(list, &feed);
  if (!list.empty()) return;
  if (scope.level() == Scope::Level::Collection) collections_.erase(scope.ns().full());
  if (scope.level() == Scope::Level::Database) databases_.erase(scope.ns().db);
}

void ScopeIndex::find(const Change& change, std::vector<Feed*>& out) {
  append(cluster_, out);
  find_namespace(change.db, change.coll, out);
  if (change.kind == ChangeKind::Rename) find_namespace(change.to_db, change.to_coll, out);
}

void ScopeIndex::find_namespace(std::string_view db, std::string_view coll,
                                std::vector<Feed*>& out) {
  if (const auto found = databases_.find(db); found != databases_.end()) append(found->second, out);
  if (coll.empty() || collections_.empty()) return;
  scratch_.assign(db).append(1, '.').append(coll);
  if (const auto found = collections_.find(scratch_); found != collections_.end()) {
    append(found->second, out);
  }
}

}  // namespace freshet::stream

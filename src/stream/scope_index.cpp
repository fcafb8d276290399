// SPDX-License-Identifier: Apache-2.0
#include "stream/scope_index.h"

namespace freshet::stream {

FeedGroup& ScopeIndex::group_of(const Scope& scope) {
  switch (scope.level()) {
    case Scope::Level::Collection:
      return collections_[scope.ns().full()];
    case Scope::Level::Database:
      return databases_[scope.ns().db];
    default:
      return cluster_;
  }
}

void ScopeIndex::add(Feed& feed) {
  const Scope& scope = feed.definition()->scope();
  if (scope.level() == Scope::Level::Log) {
    log_.push_back(&feed);
  } else {
    group_of(scope).add(feed);
  }
}

void ScopeIndex::remove(Feed& feed) {
  const Scope& scope = feed.definition()->scope();
  if (scope.level() == Scope::Level::Log) {
    std::erase(log_, &feed);
    return;
  }
  FeedGroup& group = group_of(scope);
  group.remove(feed);
  if (!group.empty()) return;
  if (scope.level() == Scope::Level::Collection) collections_.erase(scope.ns().full());
  if (scope.level() == Scope::Level::Database) databases_.erase(scope.ns().db);
}

void ScopeIndex::find(const Change& change, EventCache& events, std::vector<Feed*>& out) {
  if (!cluster_.empty()) cluster_.find(change, events, out);
  find_in(change.db, change.coll, change, events, out);
  if (change.kind == ChangeKind::Rename) {
    find_in(change.to_db, change.to_coll, change, events, out);
  }
}

void ScopeIndex::find_in(std::string_view db, std::string_view coll, const Change& change,
                         EventCache& events, std::vector<Feed*>& out) {
  if (const auto found = databases_.find(db); found != databases_.end()) {
    found->second.find(change, events, out);
  }
  if (coll.empty() || collections_.empty()) return;
  scratch_.assign(db).append(1, '.').append(coll);
  if (const auto found = collections_.find(scratch_); found != collections_.end()) {
    found->second.find(change, events, out);
  }
}

}  // namespace freshet::stream

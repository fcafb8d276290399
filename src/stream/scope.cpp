// SPDX-License-Identifier: Apache-2.0
#include "stream/scope.h"

#include <utility>

#include "base/error.h"

namespace freshet::stream {
namespace {

constexpr std::string_view kAdmin = "admin";

void check_database(const model::Namespace& ns) {
  if (model::is_internal_database(ns.db)) {
    raise(ErrorCode::InvalidNamespace,
          "a change stream cannot be opened on the internal '{}' database", ns.db);
  }
}

void check_collection(const model::Namespace& ns, const StreamOptions& options) {
  if (is_system_collection(ns.coll) && !options.allow_system_namespace) {
    raise(ErrorCode::InvalidNamespace,
          "a change stream cannot be opened on the system collection '{}'", ns.full());
  }
  if (ns.is_command()) {
    raise(ErrorCode::InvalidNamespace, "a change stream cannot be opened on '{}'", ns.full());
  }
}

}  // namespace

bool is_system_collection(std::string_view coll) {
  return coll.starts_with("system.");
}

Scope::Scope(Level level, model::Namespace ns, bool with_system)
    : level_(level), with_system_(with_system), ns_(std::move(ns)) {}

Scope Scope::of_command(const model::Namespace& ns, const StreamOptions& options) {
  const bool with_system = options.show_system_events || options.allow_system_namespace;
  if (options.all_changes_for_cluster) {
    if (ns.db != kAdmin || !ns.coll.empty()) {
      raise(ErrorCode::InvalidOptions,
            "'allChangesForCluster' needs {{aggregate: 1}} on the 'admin' database, got '{}'",
            ns.full());
    }
    return {Level::Cluster, {}, with_system};
  }
  check_database(ns);
  if (ns.coll.empty()) return {Level::Database, ns, with_system};
  check_collection(ns, options);
  return {Level::Collection, ns, with_system};
}

model::Namespace Scope::cursor_namespace() const {
  switch (level_) {
    case Level::Collection:
      return ns_;
    case Level::Database:
      return model::Namespace::command_cursor(ns_.db, "aggregate");
    case Level::Cluster:
    case Level::Log:
      break;
  }
  return model::Namespace::command_cursor(kAdmin, "aggregate");
}

bool Scope::covers(std::string_view db, std::string_view coll) const {
  switch (level_) {
    case Level::Collection:
      return coll == ns_.coll && db == ns_.db;
    case Level::Database:
      return db == ns_.db && (with_system_ || !is_system_collection(coll));
    case Level::Cluster:
      return !model::is_internal_database(db) && (with_system_ || !is_system_collection(coll));
    case Level::Log:
      return true;
  }
  return false;
}

}  // namespace freshet::stream

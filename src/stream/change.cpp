// SPDX-License-Identifier: Apache-2.0
#include "stream/change.h"

#include <algorithm>
#include <array>

namespace freshet::stream {
namespace {

struct KindRow {
  ChangeKind kind;
  std::string_view operation_type;
  bool expanded;
};

// In the order of the enumeration.
constexpr std::array<KindRow, kChangeKinds> kKinds = {{
    {ChangeKind::Insert, "insert", false},
    {ChangeKind::Update, "update", false},
    {ChangeKind::Replace, "replace", false},
    {ChangeKind::Delete, "delete", false},
    {ChangeKind::Drop, "drop", false},
    {ChangeKind::Rename, "rename", false},
    {ChangeKind::DropDatabase, "dropDatabase", false},
    {ChangeKind::Create, "create", true},
    {ChangeKind::CreateIndexes, "createIndexes", true},
    {ChangeKind::DropIndexes, "dropIndexes", true},
    {ChangeKind::Modify, "modify", true},
    {ChangeKind::EndOfTransaction, "endOfTransaction", true},
}};

struct CommandRow {
  std::string_view command;
  ChangeKind kind;
};

constexpr CommandRow kCommands[] = {
    {"drop", ChangeKind::Drop},
    {"renameCollection", ChangeKind::Rename},
    {"dropDatabase", ChangeKind::DropDatabase},
    {"create", ChangeKind::Create},
    {"createIndexes", ChangeKind::CreateIndexes},
    {"commitIndexBuild", ChangeKind::CreateIndexes},
    {"dropIndexes", ChangeKind::DropIndexes},
    {"collMod", ChangeKind::Modify},
};

struct Names {
  std::string_view db;
  std::string_view coll;
};

Names split(std::string_view full) {
  const std::size_t dot = full.find('.');
  if (dot == std::string_view::npos) return {full, {}};
  return {full.substr(0, dot), full.substr(dot + 1)};
}

bool read_command(Change& change) {
  const std::string_view name = change.op.command_name();
  const CommandRow* found = nullptr;
  for (const CommandRow& row : kCommands) {
    if (row.command == name) found = &row;
  }
  if (found == nullptr) return false;
  change.kind = found->kind;
  const bson::Element argument = *change.op.o.begin();
  if (change.kind == ChangeKind::Rename) {
    const Names from = split(argument.as_string());
    const Names to = split(change.op.o["to"].as_string());
    change.db = from.db;
    change.coll = from.coll;
    change.to_db = to.db;
    change.to_coll = to.coll;
    return true;
  }
  change.db = change.op.db();
  if (change.kind != ChangeKind::DropDatabase) change.coll = argument.as_string();
  return true;
}

/// False when the operation gives no event.
bool read_operation(Change& change) {
  switch (change.op.kind) {
    case oplog::OpKind::Insert:
      change.kind = ChangeKind::Insert;
      break;
    case oplog::OpKind::Update:
      change.kind = change.op.is_replacement() ? ChangeKind::Replace : ChangeKind::Update;
      break;
    case oplog::OpKind::Delete:
      change.kind = ChangeKind::Delete;
      break;
    case oplog::OpKind::Command:
      return read_command(change);
    case oplog::OpKind::Noop:
      return false;
  }
  change.db = change.op.db();
  change.coll = change.op.coll();
  return true;
}

}  // namespace

std::string_view operation_type(ChangeKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].operation_type;
}

std::optional<ChangeKind> kind_of(std::string_view operation_type) {
  for (const KindRow& row : kKinds) {
    if (row.operation_type == operation_type) return row.kind;
  }
  return std::nullopt;
}

bool needs_expanded_events(ChangeKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].expanded;
}

ChangeReader::ChangeReader(const oplog::EntryView& entry)
    : entry_(entry), operations_(entry), in_transaction_(oplog::is_apply_ops(entry)) {
  if (in_transaction_) touched_ = oplog::touched_namespaces(entry);
}

std::optional<Change> ChangeReader::next() {
  while (const std::optional<oplog::EntryView> operation = operations_.next()) {
    Change change{.index = index_++, .in_transaction = in_transaction_, .op = *operation};
    if (!read_operation(change)) continue;
    if (in_transaction_) note_namespace(change);
    return change;
  }
  return in_transaction_ ? next_end() : std::nullopt;
}

void ChangeReader::note_namespace(const Change& change) {
  if (change.op.kind == oplog::OpKind::Command) return;
  if (std::find(touched_.rbegin(), touched_.rend(), change.op.ns) != touched_.rend()) return;
  touched_.push_back(change.op.ns);
}

// All of them stand at the index behind the last operation: a stream shows the first it covers.
std::optional<Change> ChangeReader::next_end() {
  if (next_touched_ >= touched_.size() || !oplog::ends_transaction(entry_)) return std::nullopt;
  const Names names = split(touched_[next_touched_++]);
  return Change{.kind = ChangeKind::EndOfTransaction,
                .index = index_,
                .in_transaction = true,
                .db = names.db,
                .coll = names.coll,
                .op = entry_};
}

bool shows(const Scope& scope, bool expanded, const Change& change) {
  if (!expanded && (needs_expanded_events(change.kind) || change.is_view())) return false;
  if (change.kind == ChangeKind::DropDatabase && scope.level() == Scope::Level::Collection) {
    return false;
  }
  if (scope.covers(change.db, change.coll)) return true;
  return change.kind == ChangeKind::Rename && scope.covers(change.to_db, change.to_coll);
}

bool invalidates(const Scope& scope, const Change& change) {
  switch (scope.level()) {
    case Scope::Level::Collection:
      return change.kind == ChangeKind::Drop || change.kind == ChangeKind::Rename;
    case Scope::Level::Database:
      return change.kind == ChangeKind::DropDatabase;
    case Scope::Level::Cluster:
    case Scope::Level::Log:
      break;
  }
  return false;
}

}  // namespace freshet::stream

// SPDX-License-Identifier: Apache-2.0
#include "oplog/reader.h"

#include "oplog/entry.h"

namespace freshet::oplog {
namespace {

using storage::Position;

/// Commands whose entry may touch collections of any database.
bool touches_several(std::string_view entry_bytes) {
  const std::string_view name = EntryView::parse(entry_bytes).command_name();
  return name == "renameCollection" || name == "applyOps";
}

}  // namespace

bool LogScope::admits(std::string_view entry_bytes) const {
  const OpKind op = entry_kind(entry_bytes);
  if (op == OpKind::Noop) return false;
  if (kind == Kind::All) return true;
  const std::string_view name = entry_ns(entry_bytes);
  const std::size_t dot = name.find('.');
  const bool same_db = name.substr(0, dot) == ns.db;
  if (op == OpKind::Command) return same_db || touches_several(entry_bytes);
  return same_db && (kind == Kind::Database || name.substr(dot + 1) == ns.coll);
}

struct LogReader::State {
  storage::Store& store;
  LogScope scope;
  Position up_to;
  Position evaluated;
  std::unique_ptr<storage::LogCursor> cursor;
  std::optional<storage::LogRecord> ahead;  // read, but beyond up_to
  bool at_end = false;

  /// The next record of the log at or below the bound, in scope or not.
  std::optional<storage::LogRecord> read() {
    if (!ahead) ahead = cursor->next();
    if (!ahead || ahead->position > up_to) {
      at_end = true;
      if (evaluated < up_to) evaluated = up_to;
      return std::nullopt;
    }
    std::optional<storage::LogRecord> record = std::move(ahead);
    ahead.reset();
    evaluated = record->position;
    return record;
  }
};

LogReader::LogReader(storage::Store& store, LogScope scope, Position after, Position up_to)
    : state_(new State{.store = store,
                       .scope = std::move(scope),
                       .up_to = up_to,
                       .evaluated = after,
                       .cursor = store.read_log(after)}) {}

LogReader::~LogReader() = default;
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;

std::optional<storage::LogRecord> LogReader::next(std::size_t examine_max) {
  for (std::size_t examined = 0; examined < examine_max; ++examined) {
    std::optional<storage::LogRecord> record = state_->read();
    if (!record || state_->scope.admits(record->bytes)) return record;
  }
  return std::nullopt;
}

bool LogReader::at_end() const {
  return state_->at_end;
}

Position LogReader::evaluated() const {
  return state_->evaluated;
}

void LogReader::set_up_to(Position up_to) {
  if (up_to <= state_->up_to) return;
  state_->up_to = up_to;
  state_->at_end = false;
}

}  // namespace freshet::oplog

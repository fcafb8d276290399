// SPDX-License-Identifier: Apache-2.0
#include "oplog/reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "oplog/entry.h"
#include "oplog/postings.h"

namespace freshet::oplog {
namespace {

using storage::Position;

/// Commands whose entry may touch collections of any database.
bool touches_several(std::string_view entry_bytes) {
  const std::string_view name = EntryView::parse(entry_bytes).command_name();
  return name == "renameCollection" || name == "applyOps";
}

std::vector<PostingScope> postings_of(const LogScope& scope) {
  switch (scope.kind) {
    case LogScope::Kind::All:
      return {};
    case LogScope::Kind::Database:
      return {kCommandPostings, posting_scope_of_database(scope.ns.db)};
    case LogScope::Kind::Collection:
      break;
  }
  return {kCommandPostings, posting_scope_of_collection(scope.ns.full())};
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
  std::vector<PostingScope> postings;  // empty: every entry is read
  std::unique_ptr<storage::LogCursor> cursor;
  std::uint64_t stretch_end = 0;            // with postings: read on until here, then jump
  std::optional<storage::LogRecord> ahead;  // read, but beyond up_to
  bool at_end = false;

  std::optional<storage::LogRecord> end() {
    at_end = true;
    evaluated = std::max(evaluated, up_to);
    return std::nullopt;
  }

  /// Goes on to the stretch where the scope's next entry may be. False when there is none up to the
  /// bound.
  bool jump() {
    const std::uint64_t from = evaluated.value() + 1;
    const auto stretch = next_stretch(*store.snapshot(), postings, from);
    if (!stretch || stretch->from > up_to.value()) return false;
    const bool reached = ahead && ahead->position.value() >= stretch->from;
    if (!cursor || (stretch->from > from && !reached)) {
      ahead.reset();
      cursor = store.read_log(Position(stretch->from - 1));
    }
    stretch_end = stretch->end;
    evaluated = Position(stretch->from - 1);
    return true;
  }

  /// The next record of the log at or below the bound, in scope or not.
  std::optional<storage::LogRecord> read() {
    for (;;) {
      const bool jumps = !postings.empty();
      if (jumps && evaluated.value() + 1 >= stretch_end && !jump()) return end();
      const Position limit = jumps ? std::min(Position(stretch_end - 1), up_to) : up_to;
      if (!ahead) ahead = cursor->next();
      if (ahead && ahead->position <= limit) {
        evaluated = ahead->position;
        return std::exchange(ahead, std::nullopt);
      }
      if (limit == up_to) return end();
      evaluated = limit;  // the stretch is read
    }
  }
};

LogReader::LogReader(storage::Store& store, LogScope scope, Position after, Position up_to)
    : state_(new State{
          .store = store, .scope = std::move(scope), .up_to = up_to, .evaluated = after}) {
  state_->postings = postings_of(state_->scope);
  if (state_->postings.empty()) state_->cursor = store.read_log(after);
}

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

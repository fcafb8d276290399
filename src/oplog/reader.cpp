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

bool is_of_database(std::string_view ns, std::string_view db) {
  return ns.size() > db.size() && ns[db.size()] == '.' && ns.starts_with(db);
}

std::vector<PostingScope> postings_of(const LogScope& scope) {
  switch (scope.kind) {
    case LogScope::Kind::All:
      return {};
    case LogScope::Kind::Database:
      return {kCommandPostings, posting_scope_of_database(scope.db)};
    case LogScope::Kind::Collection:
      break;
  }
  return {kCommandPostings, posting_scope_of_collection(scope.ns)};
}

}  // namespace

bool LogScope::admits(std::string_view entry_bytes) const {
  const OpKind op = entry_kind(entry_bytes);
  if (op == OpKind::Noop) return false;
  if (kind == Kind::All) return true;
  const std::string_view name = entry_ns(entry_bytes);
  if (op == OpKind::Command) return is_of_database(name, db) || touches_several(entry_bytes);
  return kind == Kind::Collection ? name == ns : is_of_database(name, db);
}

struct LogReader::State {
  State(LogBlocks& the_blocks, ReadPace& the_pace, LogScope the_scope, Position after,
        Position the_up_to)
      : blocks(the_blocks),
        pace(the_pace),
        scope(std::move(the_scope)),
        up_to(the_up_to),
        evaluated(after),
        postings(postings_of(scope)) {
    if (after < pace.after || after > pace.through) pace = ReadPace{};
  }

  LogBlocks& blocks;
  ReadPace& pace;
  const LogScope scope;
  Position up_to;
  Position evaluated;
  const std::vector<PostingScope> postings;  // empty: every entry is read
  LogStretch stretch{0, 0};                  // with postings: read on until its end, then jump
  LogBlockPtr block;
  std::size_t at = 0;  // of the next entry in `block`
  bool at_end = false;

  // The stretch that was looked for last.
  std::uint64_t looked_from = 0;
  std::optional<LogStretch> looked_up;

  bool jumps() const { return !postings.empty(); }
  Position limit() const { return jumps() ? std::min(Position(stretch.end - 1), up_to) : up_to; }

  /// The first stretch at or behind `from` where the scope's next entry may be.
  const std::optional<LogStretch>& stretch_from(std::uint64_t from) {
    if (looked_from != from) {
      looked_up = next_stretch(*blocks.store().snapshot(), postings, from);
      looked_from = from;
    }
    return looked_up;
  }

  /// Goes on to the next stretch. False when there is none up to the bound.
  bool jump() {
    const std::optional<LogStretch>& next = stretch_from(evaluated.value() + 1);
    if (!next || next->from > up_to.value()) return false;
    stretch = *next;
    evaluated = Position(stretch.from - 1);
    return true;
  }

  /// In the last stretch it knows, a reader that goes on looks whether the next one adjoins: blocks
  /// do not end with stretches then.
  void extend_stretch() {
    if (evaluated.value() + 1 < stretch.from || stretch.end > up_to.value()) return;
    const std::optional<LogStretch>& next = stretch_from(stretch.end);
    if (next && next->from == stretch.end) stretch = *next;
  }

  bool is_in_block(Position after) const {
    return block && block->after() <= after && after < block->through();
  }

  void take_block() {
    const bool again = pace.after <= evaluated && evaluated < pace.through;
    const bool goes_on = pace.bytes > 0 && evaluated == pace.through;
    if (goes_on || pace.bytes == 0) pace.bytes = pace.next_bytes();
    if (goes_on && jumps()) extend_stretch();
    // What it had is there as a rule. Where it is not, more readers are behind than the cache has
    // room for, and large blocks would be read for a few entries each.
    const std::size_t bytes = again ? ReadPace::kFirstBytes : pace.bytes;
    block = blocks.take({evaluated, limit(), bytes}, again);
    if (again && block->through() != pace.through) pace.bytes = ReadPace::kFirstBytes;
    pace.after = block->after();
    pace.through = block->through();
    if (goes_on && pace.through < limit()) {
      blocks.read_ahead({pace.through, limit(), pace.next_bytes()});
    }
  }

  /// Sees to it that `at` is that of the next record of the log, in scope or not. False when there
  /// is none at or below the bound.
  bool find_next() {
    for (;;) {
      if (jumps() && evaluated.value() + 1 >= stretch.end && !jump()) break;
      if (evaluated >= limit()) {
        if (limit() == up_to) break;
        continue;  // the stretch is read
      }
      if (!is_in_block(evaluated)) take_block();
      at = block->first_after(evaluated);
      const Position through = std::min(block->through(), limit());
      if (at < block->size() && block->position(at) <= through) return true;
      evaluated = through;
    }
    at_end = true;
    evaluated = std::max(evaluated, up_to);
    return false;
  }

  bool has_next() {
    if (block && at < block->size() && block->position(at) <= limit()) return true;
    return find_next();
  }
};

LogReader::LogReader(LogBlocks& blocks, ReadPace& pace, LogScope scope, Position after,
                     Position up_to)
    : state_(std::make_unique<State>(blocks, pace, std::move(scope), after, up_to)) {}

LogReader::~LogReader() = default;
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;

std::optional<LogEntry> LogReader::next(std::size_t examine_max) {
  State& state = *state_;
  for (std::size_t examined = 0; examined < examine_max; ++examined) {
    if (!state.has_next()) return std::nullopt;
    const std::size_t at = state.at++;
    const LogEntry entry{state.block->position(at), state.block->bytes(at)};
    state.evaluated = entry.position;
    if (state.scope.admits(entry.bytes)) return entry;
  }
  return std::nullopt;
}

bool LogReader::at_end() const {
  return state_->at_end;
}

const LogBlockPtr& LogReader::block() const {
  return state_->block;
}

Position LogReader::evaluated() const {
  return state_->evaluated;
}

void LogReader::set_up_to(Position up_to) {
  if (up_to <= state_->up_to) return;
  state_->up_to = up_to;
  state_->at_end = false;
  state_->looked_from = 0;  // there may be more by now
}

}  // namespace freshet::oplog

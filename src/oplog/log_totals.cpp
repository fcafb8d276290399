// SPDX-License-Identifier: Apache-2.0
#include "oplog/log_totals.h"

#include <utility>

#include "base/bytes.h"
#include "oplog/dropped.h"
#include "oplog/posting_keys.h"

namespace freshet::oplog {
namespace {

using storage::Position;

constexpr std::size_t kValueBytes = 16;

/// A place from which entries can be counted: what lies at or below `after` is known.
struct Base {
  Position after;
  LogTotals totals;
};

/// The last place at or below `position`: where its block begins, or where the log was cut.
std::optional<Base> base_for(const storage::Reader& reader, Position position) {
  const Dropped dropped = read_dropped(reader);
  const auto segment = segment_holding(reader, position.value());
  const std::uint64_t block =
      segment ? block_holding(reader, *segment, position.value()) : std::uint64_t{0};
  if (block <= dropped.position.value()) {
    if (!dropped.totals) return std::nullopt;
    return Base{dropped.position, *dropped.totals};
  }
  const auto value = reader.get(kPostings, posting_key(*segment, kBlockList, block));
  const std::optional<LogTotals> totals = value ? totals_of(*value) : std::nullopt;
  if (!totals) return std::nullopt;
  return Base{Position(block - 1), *totals};
}

/// The last place with fewer than `bytes`.
std::optional<Base> base_below(const storage::Reader& reader, std::uint64_t bytes) {
  const Dropped dropped = read_dropped(reader);
  if (!dropped.totals) return std::nullopt;
  Base base{dropped.position, *dropped.totals};
  auto segment = segment_holding(reader, dropped.position.value());
  if (!segment) segment = first_segment_from(reader, 0);
  for (; segment; segment = first_segment_from(reader, *segment + 1)) {
    const auto scan = reader.scan(kPostings,
                                  {posting_key(*segment, kBlockList, base.after.value() + 1),
                                   posting_key(*segment, kBlockList, kLastKeyPart)},
                                  storage::Direction::Forward);
    for (; scan->valid(); scan->next()) {
      const std::optional<LogTotals> totals = totals_of(scan->value());
      if (!totals || totals->bytes >= bytes) return base;
      base = {Position(block_of(scan->key()) - 1), *totals};
    }
  }
  return base;
}

}  // namespace

std::string totals_value(const LogTotals& totals) {
  std::string value;
  append_be64(value, totals.entries);
  append_be64(value, totals.bytes);
  return value;
}

std::optional<LogTotals> totals_of(std::string_view value) {
  if (value.size() != kValueBytes) return std::nullopt;
  return LogTotals{load_be64(value.data()), load_be64(value.data() + 8)};
}

std::optional<LogTotals> totals_up_to(storage::Store& store, Position position) {
  std::optional<Base> base = base_for(*store.snapshot(), position);
  if (!base) return std::nullopt;
  const auto cursor = store.read_log(base->after);
  while (const auto record = cursor->next()) {
    if (record->position > position) break;
    base->totals.add(record->bytes);
  }
  return base->totals;
}

std::optional<Position> position_at_bytes(storage::Store& store, std::uint64_t bytes) {
  std::optional<Base> base = base_below(*store.snapshot(), bytes);
  if (!base) return std::nullopt;
  const auto cursor = store.read_log(base->after);
  while (const auto record = cursor->next()) {
    base->totals.add(record->bytes);
    if (base->totals.bytes >= bytes) return record->position;
  }
  return std::nullopt;
}

}  // namespace freshet::oplog

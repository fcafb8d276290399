// SPDX-License-Identifier: Apache-2.0
#include "oplog/log_scan.h"

#include <algorithm>

#include "base/bytes.h"

namespace freshet::oplog {
namespace {

using storage::Direction;
using storage::Position;

constexpr std::uint64_t kLast = ~std::uint64_t{0} - 1;  // so that last + 1 is a position too

/// The first position whose key is >= `key`; kLast + 1 when there is none.
std::uint64_t first_at_or_above(std::string_view key) {
  std::string padded(key.substr(0, 8));
  padded.resize(8, '\0');
  const std::uint64_t value = load_be64(padded.data());
  if (value > kLast) return kLast + 1;
  return key.size() > 8 ? value + 1 : value;
}

/// The last position whose key is <= `key`.
std::uint64_t last_at_or_below(std::string_view key) {
  const std::uint64_t value = first_at_or_above(key.substr(0, 8));
  if (key.size() >= 8) return std::min(value, kLast);
  return value;
}

}  // namespace

LogScan::LogScan(storage::Store& store, const storage::KeyRange& range, Position up_to,
                 Direction direction)
    : store_(store), direction_(direction) {
  begin_ = std::max<std::uint64_t>(first_at_or_above(range.begin), 1);
  const std::uint64_t end = range.end.empty() ? kLast + 1 : first_at_or_above(range.end);
  last_ = std::min(end == 0 ? 0 : end - 1, up_to.value());
  empty_ = begin_ > last_;
  if (empty_) return;
  cursor_ = direction_ == Direction::Forward ? store_.read_log(Position(begin_ - 1))
                                             : store_.read_log_backward(Position(last_ + 1));
  step();
}

LogScan::~LogScan() = default;

void LogScan::step() {
  record_ = cursor_->next();
  if (!record_) return;
  const std::uint64_t position = record_->position.value();
  if (position < begin_ || position > last_) {
    record_.reset();
    return;
  }
  key_.clear();
  append_be64(key_, position);
}

void LogScan::seek(std::string_view key) {
  if (empty_) return;
  if (direction_ == Direction::Forward) {
    const std::uint64_t from = std::max(first_at_or_above(key), begin_);
    record_.reset();
    if (from > last_) return;
    cursor_ = store_.read_log(Position(from - 1));
  } else {
    const std::uint64_t from = std::min(last_at_or_below(key), last_);
    record_.reset();
    if (from < begin_) return;
    cursor_ = store_.read_log_backward(Position(from + 1));
  }
  step();
}

std::optional<std::string> entry_at(storage::Store& store, Position position) {
  if (position.is_zero()) return std::nullopt;
  const auto cursor = store.read_log(Position(position.value() - 1));
  std::optional<storage::LogRecord> record = cursor->next();
  if (!record || record->position != position) return std::nullopt;
  return std::move(record->bytes);
}

}  // namespace freshet::oplog

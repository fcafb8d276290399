// SPDX-License-Identifier: Apache-2.0
// The log as a space of records: what finds on local.oplog.rs scan. Keys are positions, 8 bytes
// big-endian; values are entries.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace freshet::oplog {

/// Walks the entries with first <= position < behind the range's end, as far as `up_to` (the
/// reader's position, so that the scan is of one moment). Requires: `store` outlives it.
class LogScan final : public storage::Scan {
 public:
  LogScan(storage::Store& store, const storage::KeyRange& range, storage::Position up_to,
          storage::Direction direction);
  ~LogScan() override;

  bool valid() const override { return record_.has_value(); }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return record_->bytes; }
  void next() override { step(); }
  void seek(std::string_view key) override;

 private:
  void step();

  storage::Store& store_;
  std::uint64_t begin_;  // first position of the range
  std::uint64_t last_;   // last position of the range, inclusive
  bool empty_;
  storage::Direction direction_;
  std::unique_ptr<storage::LogCursor> cursor_;
  std::optional<storage::LogRecord> record_;
  std::string key_;
};

/// The entry at exactly this position, or nothing.
std::optional<std::string> entry_at(storage::Store& store, storage::Position position);

}  // namespace freshet::oplog

// SPDX-License-Identifier: Apache-2.0
#include "stream/held_entry.h"

#include <memory>
#include <string>
#include <utility>

namespace freshet::stream {
namespace {

/// A larger entry is not copied: it is much of its block.
constexpr std::size_t kCopiedBytesMax = std::size_t{64} << 10;

}  // namespace

void HeldEntry::hold(storage::LogRecordPtr record) {
  position_ = record->position;
  bytes_ = record->bytes;
  record_ = std::move(record);
}

void HeldEntry::hold(const oplog::LogEntry& entry, const oplog::LogBlockPtr& block) {
  position_ = entry.position;
  bytes_ = entry.bytes;
  record_.reset();
  if (block_ != block) block_ = block;
}

void HeldEntry::let_go() {
  bytes_ = {};
  record_.reset();
}

void HeldEntry::part_from_block() {
  if (!bytes_.empty() && !record_) {
    if (bytes_.size() > kCopiedBytesMax) return;
    hold(std::make_shared<const storage::LogRecord>(
        storage::LogRecord{position_, std::string(bytes_)}));
  }
  block_.reset();
}

}  // namespace freshet::stream

// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/write_set.h"

#include <utility>

#include "base/invariant.h"

namespace freshet::commit {
namespace {

constexpr std::size_t kWriteOverheadBytes = 96;  // a node of the map and two string headers

std::size_t size_of(const Write& write) {
  return write.value ? write.value->size() : 0;
}

}  // namespace

void WriteSet::put(Space space, std::string key, std::optional<std::string> value) {
  SpaceWrites& writes = spaces_[space];
  const auto [at, fresh] = writes.try_emplace(std::move(key));
  Write before;
  if (fresh) {
    ++changes_;
    bytes_ += at->first.size() + kWriteOverheadBytes;
  } else {
    bytes_ -= size_of(at->second);
    before = std::move(at->second);
  }
  at->second.value = std::move(value);
  bytes_ += size_of(at->second);
  ++generation_;
  if (keep_undo_) undo_.push_back({&writes, at, !fresh, std::move(before)});
}

void WriteSet::append(PendingEntry entry) {
  bytes_ += entry.bytes.size();
  entry_bytes_ += entry.bytes.size();
  entries_.push_back(std::move(entry));
}

const SpaceWrites* WriteSet::writes_of(Space space) const {
  const auto at = spaces_.find(space);
  return at == spaces_.end() ? nullptr : &at->second;
}

const Write* WriteSet::find(Space space, std::string_view key) const {
  const SpaceWrites* writes = writes_of(space);
  if (writes == nullptr) return nullptr;
  const auto at = writes->find(key);
  return at == writes->end() ? nullptr : &at->second;
}

Transaction::Savepoint WriteSet::savepoint() {
  keep_undo_ = true;
  return {undo_.size(), entries_.size()};
}

void WriteSet::rollback_to(const Transaction::Savepoint& savepoint) {
  invariant(savepoint.undo_size <= undo_.size() && savepoint.entries_size <= entries_.size(),
            "a savepoint is returned to once, and before those it contains");
  while (undo_.size() > savepoint.undo_size) {
    Undo& undo = undo_.back();
    bytes_ -= size_of(undo.at->second);
    if (undo.was_there) {
      undo.at->second = std::move(undo.before);
      bytes_ += size_of(undo.at->second);
    } else {
      --changes_;
      bytes_ -= undo.at->first.size() + kWriteOverheadBytes;
      undo.writes->erase(undo.at);
    }
    undo_.pop_back();
  }
  while (entries_.size() > savepoint.entries_size) {
    bytes_ -= entries_.back().bytes.size();
    entry_bytes_ -= entries_.back().bytes.size();
    entries_.pop_back();
  }
  ++generation_;
}

std::vector<storage::Change> WriteSet::take_changes() {
  std::vector<storage::Change> changes;
  changes.reserve(changes_);
  undo_.clear();
  for (auto& [space, writes] : spaces_) {
    while (!writes.empty()) {
      auto node = writes.extract(writes.begin());
      Write& write = node.mapped();
      const auto kind = write.value ? storage::Change::Kind::Put : storage::Change::Kind::Erase;
      changes.push_back({kind, space, std::move(node.key()),
                         write.value ? std::move(*write.value) : std::string()});
    }
  }
  spaces_.clear();
  changes_ = 0;
  ++generation_;
  return changes;
}

void WriteSet::forget_savepoints() {
  undo_.clear();
  undo_.shrink_to_fit();
  keep_undo_ = false;
}

std::vector<PendingEntry> WriteSet::take_entries() {
  bytes_ -= std::exchange(entry_bytes_, 0);
  undo_.clear();  // there is no way back behind this
  return std::exchange(entries_, {});
}

}  // namespace freshet::commit

// SPDX-License-Identifier: Apache-2.0
// Readers whose blocks begin at different places come together: a block is read up to where the
// next one begins, and from there on they share.
#include "oplog/log_blocks.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace freshet::oplog {

using storage::LogRun;
using storage::Position;

/// Whatever comes of a load, those who wait for it go on.
class LogBlocks::Load {
 public:
  Load(LogBlocks& blocks, Loading& loading, Position after)
      : blocks_(blocks), loading_(loading), after_(after) {}
  ~Load() {
    const MutexLock lock(blocks_.mutex_);
    loading_.done = true;
    blocks_.loading_.erase(after_);
    blocks_.loaded_.notify_all();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  LogBlocks& blocks_;
  Loading& loading_;
  const Position after_;
};

LogBlocks::LogBlocks(storage::Store& store, std::size_t bytes_max)
    : store_(store), bytes_max_(bytes_max), ahead_([this] { run_ahead(); }) {}

LogBlocks::~LogBlocks() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    queued_.notify_all();
  }
  ahead_.join();
}

LogBlockPtr LogBlocks::take(const BlockRequest& request, bool again) {
  BlockRequest bounded = request;
  LoadingPtr mine;
  {
    const MutexLock lock(mutex_);
    for (;;) {
      if (LogBlockPtr found = find(request.after, again)) return found;
      const auto under_way = loading_.find(request.after);
      if (under_way == loading_.end()) break;
      const LoadingPtr theirs = under_way->second;
      while (!theirs->done)
        loaded_.wait(mutex_);
      if (!theirs->block) continue;  // it failed for them: see for ourselves
      if (LogBlockPtr found = find(request.after, again)) return found;
      ++shared_;
      return theirs->block;  // not kept, but good
    }
    mine = begin_load(bounded);
  }
  return load(bounded, *mine, true);
}

bool LogBlocks::is_there(Position after) const {
  const auto at = kept_.upper_bound(after);
  return (at != kept_.end() && at->second.block->after() <= after) || loading_.contains(after);
}

LogBlockPtr LogBlocks::find(Position after, bool again) {
  const auto at = kept_.upper_bound(after);
  if (at == kept_.end() || at->second.block->after() > after) return nullptr;
  Kept& kept = at->second;
  if (kept.taken && !again) ++shared_;
  kept.taken = true;
  uses_.splice(uses_.begin(), uses_, kept.use);
  return kept.block;
}

// Bounds the request by what is there, or under way, behind it.
LogBlocks::LoadingPtr LogBlocks::begin_load(BlockRequest& request) {
  if (const auto next = kept_.upper_bound(request.after); next != kept_.end()) {
    request.up_to = std::min(request.up_to, next->second.block->after());
  }
  if (const auto next = loading_.upper_bound(request.after); next != loading_.end()) {
    request.up_to = std::min(request.up_to, next->first);
  }
  auto loading = std::make_shared<Loading>();
  loading_.emplace(request.after, loading);
  return loading;
}

LogBlockPtr LogBlocks::load(const BlockRequest& request, Loading& loading, bool taken) {
  const Load under_way(*this, loading, request.after);
  LogRun run = store_.read_log_run(request.after, request.up_to, request.bytes_max);
  run.trim();
  const bool at_its_end = run.through() == request.up_to;
  LogBlockPtr block = std::make_shared<const LogRun>(std::move(run));
  const MutexLock lock(mutex_);
  loading.block = block;
  ++(taken ? loads_ : read_ahead_);
  if (!at_its_end || block->total_bytes() >= kKeptBytesMin) keep(block, taken);
  return block;
}

void LogBlocks::keep(LogBlockPtr block, bool taken) {
  const std::size_t bytes = block->memory_bytes();
  if (bytes > bytes_max_) return;
  // Two that began at different places at the same time may have read the same.
  const auto next = kept_.upper_bound(block->after());
  if (next != kept_.end() && next->second.block->after() < block->through()) return;
  while (bytes_ + bytes > bytes_max_) {
    const auto oldest = kept_.find(uses_.back());
    bytes_ -= oldest->second.block->memory_bytes();
    kept_.erase(oldest);
    uses_.pop_back();
  }
  bytes_ += bytes;
  const Position through = block->through();
  uses_.push_front(through);
  kept_.emplace(through, Kept{std::move(block), uses_.begin(), taken});
}

void LogBlocks::read_ahead(const BlockRequest& request) {
  const MutexLock lock(mutex_);
  if (bytes_max_ == 0 || queue_.size() >= kQueueMax || is_there(request.after)) return;
  const auto same = [&](const BlockRequest& other) { return other.after == request.after; };
  if (std::any_of(queue_.begin(), queue_.end(), same)) return;
  queue_.push_back(request);
  queued_.notify_one();
}

std::optional<BlockRequest> LogBlocks::next_ahead() {
  const MutexLock lock(mutex_);
  while (!stopping_ && queue_.empty())
    queued_.wait(mutex_);
  if (stopping_) return std::nullopt;
  const BlockRequest request = queue_.front();
  queue_.pop_front();
  return request;
}

void LogBlocks::run_ahead() {
  while (std::optional<BlockRequest> request = next_ahead()) {
    LoadingPtr mine;
    {
      const MutexLock lock(mutex_);
      if (is_there(request->after)) continue;  // its reader was faster
      mine = begin_load(*request);
    }
    try {
      static_cast<void>(load(*request, *mine, false));
    } catch (const std::exception&) {
      // The reader that comes for the block meets the same, and tells it.
      continue;
    }
  }
}

LogBlocksStats LogBlocks::stats() const {
  const MutexLock lock(mutex_);
  return {.loaded = loads_,
          .shared = shared_,
          .read_ahead = read_ahead_,
          .blocks = kept_.size(),
          .bytes = bytes_};
}

}  // namespace freshet::oplog

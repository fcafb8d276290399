// SPDX-License-Identifier: Apache-2.0
#include "stream/ring.h"

#include <algorithm>

namespace freshet::stream {
namespace {

/// What an entry costs beside its bytes.
constexpr std::size_t kEntryOverhead = 96;

std::size_t cost_of(const storage::LogRecord& record) {
  return record.bytes.capacity() + kEntryOverhead;
}

}  // namespace

void Ring::append(const std::vector<storage::LogRecordPtr>& records, Position visible) {
  const MutexLock lock(mutex_);
  visible_ = std::max(visible_, visible);
  if (!listening_ || records.empty()) return;
  for (const storage::LogRecordPtr& record : records) {
    bytes_ += cost_of(*record);
    records_.push_back(record);
  }
  while (bytes_ > bytes_max_ && records_.size() > 1)
    drop_oldest();
  grown_.notify_one();
}

void Ring::drop_oldest() {
  if (next_ == first_) {
    lost_ = records_.front()->position;
    ++next_;
  }
  bytes_ -= cost_of(*records_.front());
  records_.pop_front();
  ++first_;
}

Position Ring::visible() const {
  const MutexLock lock(mutex_);
  return visible_;
}

Position Ring::listen() {
  const MutexLock lock(mutex_);
  listening_ = true;
  return visible_;
}

void Ring::unlisten() {
  const MutexLock lock(mutex_);
  listening_ = false;
  first_ += records_.size();
  next_ = first_;
  lost_.reset();
  bytes_ = 0;
  records_ = {};
}

bool Ring::next_chunk(Chunk& chunk) {
  const MutexLock lock(mutex_);
  while (!closed_ && !lost_ && next_ == first_ + records_.size())
    grown_.wait(mutex_);
  if (closed_) return false;
  chunk.first = next_;
  chunk.lost = lost_;
  lost_.reset();
  chunk.records.clear();
  const std::uint64_t end = std::min(first_ + records_.size(), next_ + kChunkMax);
  for (; next_ < end; ++next_)
    chunk.records.push_back(records_[next_ - first_]);
  return true;
}

void Ring::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  grown_.notify_all();
}

std::vector<storage::LogRecordPtr> Ring::fetch(const std::vector<std::uint64_t>& numbers,
                                               std::size_t bytes_max) const {
  std::vector<storage::LogRecordPtr> found;
  found.reserve(numbers.size());
  std::size_t bytes = 0;
  const MutexLock lock(mutex_);
  for (const std::uint64_t number : numbers) {
    if (number < first_ || number >= first_ + records_.size()) break;
    const storage::LogRecordPtr& record = records_[number - first_];
    bytes += record->bytes.size();
    if (!found.empty() && bytes > bytes_max) break;
    found.push_back(record);
  }
  return found;
}

std::uint64_t Ring::first() const {
  const MutexLock lock(mutex_);
  return first_;
}

std::size_t Ring::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

std::size_t Ring::entries() const {
  const MutexLock lock(mutex_);
  return records_.size();
}

}  // namespace freshet::stream

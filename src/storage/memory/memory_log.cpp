// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/memory_log.h"

#include <algorithm>

namespace freshet::memory {

using storage::LogCursor;
using storage::LogRecord;
using storage::LogRecordPtr;
using storage::LogRun;
using storage::Position;

namespace {

bool ends_before(const LogRecordPtr& record, Position position) {
  return record->position < position;
}

bool begins_after(Position position, const LogRecordPtr& record) {
  return position < record->position;
}

class Forward final : public LogCursor {
 public:
  Forward(const MemoryLog& log, Position after) : log_(log), at_(after) {}

  std::optional<LogRecord> next() override {
    const LogRecordPtr record = log_.first_after(at_);
    if (!record) return std::nullopt;
    at_ = record->position;
    return *record;
  }

 private:
  const MemoryLog& log_;
  Position at_;
};

class Backward final : public LogCursor {
 public:
  Backward(const MemoryLog& log, Position before) : log_(log), at_(before) {}

  std::optional<LogRecord> next() override {
    const LogRecordPtr record = log_.last_before(at_);
    if (!record) return std::nullopt;
    at_ = record->position;
    return *record;
  }

 private:
  const MemoryLog& log_;
  Position at_;
};

}  // namespace

void MemoryLog::append(const std::vector<LogRecordPtr>& records) {
  MutexLock lock(mutex_);
  for (const LogRecordPtr& record : records) {
    bytes_ += record->bytes.size();
    records_.push_back(record);
  }
}

void MemoryLog::truncate_before(Position before) {
  MutexLock lock(mutex_);
  while (!records_.empty() && records_.front()->position < before) {
    bytes_ -= records_.front()->bytes.size();
    records_.pop_front();
  }
}

LogRecordPtr MemoryLog::first_after(Position after) const {
  MutexLock lock(mutex_);
  const auto at = std::upper_bound(records_.begin(), records_.end(), after, begins_after);
  return at == records_.end() ? nullptr : *at;
}

LogRecordPtr MemoryLog::last_before(Position before) const {
  MutexLock lock(mutex_);
  const auto at = std::lower_bound(records_.begin(), records_.end(), before, ends_before);
  return at == records_.begin() ? nullptr : *(at - 1);
}

// Copied under the lock: a run is bounded, and so is what an append waits.
LogRun MemoryLog::run(Position after, Position up_to, std::size_t bytes_max) const {
  LogRun run(after);
  run.reserve(bytes_max);
  MutexLock lock(mutex_);
  auto at = std::upper_bound(records_.begin(), records_.end(), after, begins_after);
  for (; at != records_.end() && (*at)->position <= up_to; ++at) {
    if (!run.fits((*at)->bytes.size(), bytes_max)) return run;
    run.append((*at)->position, (*at)->bytes);
  }
  run.reach(up_to);
  return run;
}

std::optional<Position> MemoryLog::first_position() const {
  MutexLock lock(mutex_);
  if (records_.empty()) return std::nullopt;
  return records_.front()->position;
}

std::uint64_t MemoryLog::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

std::unique_ptr<LogCursor> read_forward(const MemoryLog& log, Position after) {
  return std::make_unique<Forward>(log, after);
}

std::unique_ptr<LogCursor> read_backward(const MemoryLog& log, Position before) {
  return std::make_unique<Backward>(log, before);
}

}  // namespace freshet::memory

// SPDX-License-Identifier: Apache-2.0
// Small things that tests of the commit layer need.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/wait.h"
#include "storage/commit/transaction.h"

namespace freshet::commit {

/// Counts, and lets a test thread wait.
class TestWaker final : public Waker {
 public:
  void wake() noexcept override {
    MutexLock lock(mutex_);
    ++woken_;
    changed_.notify_all();
  }
  int woken() const {
    MutexLock lock(mutex_);
    return woken_;
  }
  /// False when nobody woke it for ten seconds.
  bool wait() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    MutexLock lock(mutex_);
    while (woken_ == 0) {
      if (!changed_.wait_until(mutex_, until)) return woken_ > 0;
    }
    return true;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  int woken_ GUARDED_BY(mutex_) = 0;
};

/// {ts: Timestamp(0, 0), o: note}
inline PendingEntry test_entry(std::string_view note) {
  std::string bytes(4, '\0');
  bytes.append("\x11ts\0", 4);
  append_le(bytes, std::uint64_t{0});
  bytes.append("\x02o\0", 3);
  append_le(bytes, static_cast<std::int32_t>(note.size() + 1));
  bytes.append(note);
  bytes.append(2, '\0');
  store_le(bytes.data(), static_cast<std::int32_t>(bytes.size()));
  return {bytes};
}

/// The note of such an entry.
inline std::string note_of(std::string_view entry) {
  constexpr std::size_t kNote = PendingEntry::kTimestampOffset + 8 + 3 + 4;
  return std::string(entry.substr(kNote, entry.size() - kNote - 2));
}

}  // namespace freshet::commit

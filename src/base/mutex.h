// SPDX-License-Identifier: Apache-2.0
// A mutex that clang's thread-safety analysis understands; libstdc++'s own is not annotated.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define FRESHET_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define FRESHET_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) FRESHET_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY FRESHET_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) FRESHET_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) FRESHET_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) FRESHET_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) FRESHET_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) FRESHET_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS FRESHET_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace freshet {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Condition variable over a Mutex that the caller holds.
class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// False when `until` came first.
  template <typename Time>
  bool wait_until(Mutex& mutex, Time until) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool woken = condition_.wait_until(lock, until) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace freshet

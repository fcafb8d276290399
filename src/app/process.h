// SPDX-License-Identifier: Apache-2.0
// The process among others: signals, its id in a file, how many files it may open, its old log.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace freshet::app {

/// Turns signals and requests of the program itself into one queue for the main thread. Construct
/// it before any thread is started: they inherit the signal mask. One at a time.
class Signals {
 public:
  enum class Event : std::uint8_t {
    Stop,       ///< SIGTERM, SIGINT, or request_stop()
    ReopenLog,  ///< SIGHUP, or SIGUSR1 as with mongod
    Failed,     ///< fail() was called
  };

  Signals();

  /// Sleeps until something comes.
  Event wait();

  /// Any thread: makes wait() return Stop.
  void request_stop() noexcept;
  /// Any thread: makes wait() return Failed, at once and from now on.
  void fail() noexcept;

 private:
  std::atomic<bool> failed_{false};
};

/// Raises the number of files this process may open as far as it may; what it then is.
std::uint64_t raise_open_files_max();

/// A file with the process's id; removed at the end. An empty path does nothing. Make it when
/// nothing can refuse the start any more: a server that runs already may have written it.
class PidFile {
 public:
  /// Throws Error (OperationFailed) when it cannot be written.
  explicit PidFile(std::string path);
  ~PidFile() { remove(); }
  /// For an end that runs no destructors.
  void remove() noexcept;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
};

/// Renames a log that is there to `<path>.<UTC time>`, as mongod does without --logappend.
void move_old_log_aside(const std::string& path, std::int64_t wall_ms);

}  // namespace freshet::app

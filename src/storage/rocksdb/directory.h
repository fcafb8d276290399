// SPDX-License-Identifier: Apache-2.0
// The data directory as the operating system sees it: whose it is, and how full its disk is.
#pragma once

#include <cstdint>
#include <string>

namespace freshet::rocks {

/// Makes the directory when it is missing and locks it (file freshet.lock, which takes our process
/// id). Unlocked when this goes, and when the process dies.
class DirectoryLock {
 public:
  /// Throws Error (OperationFailed): in use by another process, not writable, not a directory.
  explicit DirectoryLock(const std::string& path);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int file_ = -1;
};

/// Whether a write-ahead log with something in it lies there.
bool has_log_to_recover(const std::string& path);

/// Whether the file system has less than a reserve left. Looks again every so many bytes, and each
/// time while it is low. One thread at a time.
class DiskReserve {
 public:
  DiskReserve(std::string path, std::uint64_t reserve_bytes)
      : path_(std::move(path)), reserve_bytes_(reserve_bytes) {}

  /// `bytes` are about to be written.
  bool low(std::uint64_t bytes);

 private:
  std::string path_;
  std::uint64_t reserve_bytes_;
  std::uint64_t until_next_look_ = 0;
  bool low_ = false;
};

}  // namespace freshet::rocks

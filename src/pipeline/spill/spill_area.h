// SPDX-License-Identifier: Apache-2.0
// Temporary files of stages that outgrow their memory. Every file loses its name as soon as it is
// open, so it goes with the stage, with the process, or with a crash; nothing has to be cleaned up.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace freshet::pipeline {

class SpillFile;

/// Where files may be made, and how much they may hold together. Thread-safe.
class SpillArea {
 public:
  /// Makes the directory when it is missing and removes what a start before left in it. Throws
  /// OperationFailed when it cannot be used.
  SpillArea(std::string directory, std::uint64_t bytes_max);

  /// An empty file. Requires: the area outlives it.
  std::unique_ptr<SpillFile> create();

  std::uint64_t bytes_used() const { return used_.load(); }

 private:
  friend class SpillFile;
  /// Throws OutOfDiskSpace above the maximum.
  void take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes) { used_ -= bytes; }

  const std::string directory_;
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

/// Append, then read anywhere. Not thread-safe.
class SpillFile {
 public:
  SpillFile(SpillArea& area, int descriptor) : area_(area), descriptor_(descriptor) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// Throws OutOfDiskSpace.
  void append(std::string_view bytes);
  /// Replaces `out` with `size` bytes from `offset`. Requires: they were appended.
  void read(std::uint64_t offset, std::size_t size, std::string& out) const;
  std::uint64_t size() const { return size_; }

 private:
  SpillArea& area_;
  const int descriptor_;
  std::uint64_t size_ = 0;
};

/// How one pipeline may use memory and disk.
struct SpillPolicy {
  SpillArea* area = nullptr;                             ///< null: there is no disk to use
  bool allowed = true;                                   ///< allowDiskUse
  std::size_t stage_bytes_max = std::size_t{100} << 20;  ///< what one stage may hold in memory

  bool possible() const { return area != nullptr && allowed; }
};

}  // namespace freshet::pipeline

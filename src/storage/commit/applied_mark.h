// SPDX-License-Identifier: Apache-2.0
// A small file that says how far commits had been applied since this machine was started. What was
// written before the death of a process is still with the operating system, so a process that is
// started again on the same boot must find all of it: less is damage. Only a restart of the machine
// may take back what was not durable yet, and then that is said.
//
// Format (docs/formats/applied-mark.md), little-endian, 128 bytes:
//   0  8 bytes  "FRSHAPPL"
//   8  u32      version, 1
//   12 u32      CRC-32 (zlib's) of bytes 16..63
//   16 48 bytes the kernel's id of the boot, text, padded with zeros
//   64 slot, 96 slot, written in turn, the valid one with the higher sequence counts:
//      u64 position, u64 sequence of the last applied group, u32 CRC-32 of these 16 bytes, zeros
// Never renumber.
#pragma once

#include <optional>
#include <string>

#include "storage/commit/durable_mark.h"

namespace freshet::commit {

/// The kernel's name for this start of the machine; empty when it tells none.
std::string boot_id();

struct AppliedNote {
  Extent extent;
  std::string boot;
};

/// What the mark says; nothing when it is missing or unreadable, which only makes a start less
/// strict: it is never synced, so after a power loss it may hold anything.
std::optional<AppliedNote> read_applied_mark(const std::string& path);

/// Throws Error (OperationFailed) naming both positions when `recovered` ends below what had been
/// applied on this boot. Gives how far an earlier boot had got when that was further: those commits
/// were lost with the machine.
std::optional<Extent> check_applied_mark(const std::string& path, const Extent& recovered,
                                         const std::string& boot);

/// Writes the mark. One thread at a time.
class AppliedMark {
 public:
  /// Makes the file say `applied` on `boot`, and maps it. Throws Error (OperationFailed) when that
  /// cannot be. An empty path: there is no file and write() does nothing.
  AppliedMark(const std::string& path, const std::string& boot, const Extent& applied);
  ~AppliedMark();
  AppliedMark(const AppliedMark&) = delete;
  AppliedMark& operator=(const AppliedMark&) = delete;

  /// Some stores into memory that the file shares: it has to outlive the process, not the machine,
  /// and each commit waits for it.
  void write(const Extent& applied);

 private:
  char* mapped_ = nullptr;
  bool second_ = false;  // which slot is next
};

}  // namespace freshet::commit

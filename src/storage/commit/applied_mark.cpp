// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/applied_mark.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"

namespace freshet::commit {
namespace {

constexpr std::string_view kMagic = "FRSHAPPL";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMarkBytes = 512;
constexpr std::size_t kBootAt = 32;
constexpr std::size_t kBootBytesMax = 40;
constexpr std::size_t kSummedBytes = kBootAt + kBootBytesMax;

using Mark = std::array<char, kMarkBytes>;

std::uint32_t checksum(const Mark& mark) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(mark.data()), static_cast<uInt>(kSummedBytes)));
}

Mark encode(const Extent& extent, std::string_view boot) {
  Mark mark{};
  std::copy(kMagic.begin(), kMagic.end(), mark.begin());
  store_le(mark.data() + 8, kVersion);
  store_le(mark.data() + 16, extent.position.value());
  store_le(mark.data() + 24, extent.sequence);
  std::copy(boot.begin(), boot.end(), mark.begin() + kBootAt);
  store_le(mark.data() + kSummedBytes, checksum(mark));
  return mark;
}

}  // namespace

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id.size() <= kBootBytesMax ? id : std::string();
}

std::optional<AppliedNote> read_applied_mark(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  Mark mark{};
  const ssize_t got = ::pread(file, mark.data(), mark.size(), 0);
  ::close(file);
  const bool whole = got == static_cast<ssize_t>(mark.size()) &&
                     std::string_view(mark.data(), kMagic.size()) == kMagic &&
                     load_le<std::uint32_t>(mark.data() + 8) == kVersion &&
                     load_le<std::uint32_t>(mark.data() + kSummedBytes) == checksum(mark);
  if (!whole) return std::nullopt;
  const std::string_view boot(mark.data() + kBootAt, kBootBytesMax);
  return AppliedNote{.extent = {storage::Position(load_le<std::uint64_t>(mark.data() + 16)),
                                load_le<std::uint64_t>(mark.data() + 24)},
                     .boot = std::string(boot.substr(0, boot.find('\0')))};
}

std::optional<Extent> check_applied_mark(const std::string& path, const Extent& recovered,
                                         const std::string& boot) {
  const std::optional<AppliedNote> note = read_applied_mark(path);
  if (!note || recovered.sequence >= note->extent.sequence) return std::nullopt;
  if (boot.empty() || note->boot != boot) return note->extent;
  raise(ErrorCode::OperationFailed,
        "the data ends at {}, but commits up to {} were acknowledged since this machine was "
        "started: they are lost or damaged. Nothing was changed. Restore a backup, or accept the "
        "loss with 'freshet repair'",
        to_text(recovered), to_text(note->extent));
}

AppliedMark::AppliedMark(const std::string& path, std::string boot, Logger& logger)
    : boot_(std::move(boot)), logger_(logger) {
  if (path.empty()) return;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    raise(ErrorCode::OperationFailed, "cannot open '{}' for writing: {}", path,
          std::strerror(errno));
  }
}

AppliedMark::~AppliedMark() {
  if (file_ >= 0) ::close(file_);
}

void AppliedMark::write(const Extent& applied) {
  if (file_ < 0) return;
  const Mark mark = encode(applied, boot_);
  if (::pwrite(file_, mark.data(), mark.size(), 0) == static_cast<ssize_t>(mark.size())) return;
  if (failed_) return;
  failed_ = true;
  logger_.warning("STORAGE", "the mark of applied commits could not be written",
                  {{"error", std::strerror(errno)}});
}

}  // namespace freshet::commit

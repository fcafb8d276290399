// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/durable_mark.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace freshet::commit {
namespace {

constexpr std::string_view kMagic = "FRSHMARK";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSlotBytes = 512;
constexpr std::size_t kSummedBytes = 32;

using Slot = std::array<char, kSlotBytes>;

std::uint32_t checksum(const char* slot) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(slot), static_cast<uInt>(kSummedBytes)));
}

Slot encode(const Extent& extent) {
  Slot slot{};
  std::memcpy(slot.data(), kMagic.data(), kMagic.size());
  store_le(slot.data() + 8, kVersion);
  store_le(slot.data() + 16, extent.position.value());
  store_le(slot.data() + 24, extent.sequence);
  store_le(slot.data() + 32, checksum(slot.data()));
  return slot;
}

std::optional<Extent> decode(const char* slot) {
  if (std::string_view(slot, kMagic.size()) != kMagic) return std::nullopt;
  if (load_le<std::uint32_t>(slot + 8) != kVersion) return std::nullopt;
  if (load_le<std::uint32_t>(slot + 32) != checksum(slot)) return std::nullopt;
  return Extent{storage::Position(load_le<std::uint64_t>(slot + 16)),
                load_le<std::uint64_t>(slot + 24)};
}

}  // namespace

std::string to_text(const Extent& extent) {
  return fmt::format("Timestamp({}, {}) (commit {})", extent.position.seconds(),
                     extent.position.increment(), extent.sequence);
}

std::optional<Extent> read_durable_mark(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return std::nullopt;
  if (file < 0) {
    raise(ErrorCode::OperationFailed, "cannot read '{}': {}", path, std::strerror(errno));
  }
  std::array<char, 2 * kSlotBytes> bytes{};
  const ssize_t got = ::pread(file, bytes.data(), bytes.size(), 0);
  ::close(file);
  if (got == 0) return std::nullopt;  // created, and then the process ended
  std::optional<Extent> newest = decode(bytes.data());
  const std::optional<Extent> second = decode(bytes.data() + kSlotBytes);
  if (second && (!newest || second->sequence > newest->sequence)) newest = second;
  if (!newest) {
    raise(ErrorCode::OperationFailed,
          "the durable mark '{}' is damaged, so it is not known whether the data is complete; "
          "check it and run 'freshet repair'",
          path);
  }
  return newest;
}

void check_durable_mark(const std::string& path, const Extent& recovered) {
  const std::optional<Extent> mark = read_durable_mark(path);
  if (!mark) return;
  if (recovered.sequence >= mark->sequence && recovered.position >= mark->position) return;
  raise(ErrorCode::OperationFailed,
        "the data ends at {}, but everything up to {} was durable: acknowledged writes are lost or "
        "damaged. Nothing was changed. Restore a backup, or accept the loss with 'freshet repair'",
        to_text(recovered), to_text(*mark));
}

DurableMark::DurableMark(const std::string& path) {
  if (path.empty()) return;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    raise(ErrorCode::OperationFailed, "cannot open '{}' for writing: {}", path,
          std::strerror(errno));
  }
}

DurableMark::~DurableMark() {
  if (file_ >= 0) ::close(file_);
}

bool DurableMark::write(const Extent& durable) {
  if (file_ < 0) return true;
  const Slot slot = encode(durable);
  const off_t at = second_ ? static_cast<off_t>(kSlotBytes) : 0;
  second_ = !second_;
  return ::pwrite(file_, slot.data(), slot.size(), at) == static_cast<ssize_t>(slot.size());
}

}  // namespace freshet::commit

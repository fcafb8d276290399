// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/applied_mark.h"

#include <fcntl.h>
#include <sys/mman.h>
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

namespace freshet::commit {
namespace {

constexpr std::string_view kMagic = "FRSHAPPL";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSumAt = 12;
constexpr std::size_t kBootAt = 16;
constexpr std::size_t kBootBytesMax = 48;
constexpr std::size_t kSlotsAt = 64;
constexpr std::size_t kSlotBytes = 32;
constexpr std::size_t kExtentBytes = 16;
constexpr std::size_t kMarkBytes = kSlotsAt + 2 * kSlotBytes;

using Mark = std::array<char, kMarkBytes>;
using Slot = std::array<char, kExtentBytes + sizeof(std::uint32_t)>;

std::uint32_t checksum(const char* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(bytes), static_cast<uInt>(size)));
}

Slot encode(const Extent& extent) {
  Slot slot;
  store_le(slot.data(), extent.position.value());
  store_le(slot.data() + 8, extent.sequence);
  store_le(slot.data() + kExtentBytes, checksum(slot.data(), kExtentBytes));
  return slot;
}

std::optional<Extent> decode(const char* slot) {
  if (load_le<std::uint32_t>(slot + kExtentBytes) != checksum(slot, kExtentBytes)) {
    return std::nullopt;
  }
  return Extent{storage::Position(load_le<std::uint64_t>(slot)), load_le<std::uint64_t>(slot + 8)};
}

Mark encode(const Extent& extent, std::string_view boot) {
  Mark mark{};
  std::copy(kMagic.begin(), kMagic.end(), mark.begin());
  store_le(mark.data() + 8, kVersion);
  std::copy(boot.begin(), boot.end(), mark.begin() + kBootAt);
  store_le(mark.data() + kSumAt, checksum(mark.data() + kBootAt, kBootBytesMax));
  const Slot slot = encode(extent);
  std::copy(slot.begin(), slot.end(), mark.begin() + kSlotsAt);
  return mark;
}

bool has_header(const Mark& mark) {
  return std::string_view(mark.data(), kMagic.size()) == kMagic &&
         load_le<std::uint32_t>(mark.data() + 8) == kVersion &&
         load_le<std::uint32_t>(mark.data() + kSumAt) ==
             checksum(mark.data() + kBootAt, kBootBytesMax);
}

[[noreturn]] void raise_unwritable(const std::string& path) {
  raise(ErrorCode::OperationFailed, "cannot write '{}': {}", path, std::strerror(errno));
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
  if (got != static_cast<ssize_t>(mark.size()) || !has_header(mark)) return std::nullopt;
  std::optional<Extent> newest = decode(mark.data() + kSlotsAt);
  const std::optional<Extent> second = decode(mark.data() + kSlotsAt + kSlotBytes);
  if (second && (!newest || second->sequence > newest->sequence)) newest = second;
  if (!newest) return std::nullopt;
  const std::string_view boot(mark.data() + kBootAt, kBootBytesMax);
  return AppliedNote{.extent = *newest, .boot = std::string(boot.substr(0, boot.find('\0')))};
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

AppliedMark::AppliedMark(const std::string& path, const std::string& boot, const Extent& applied) {
  if (path.empty()) return;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) raise_unwritable(path);
  const Mark mark = encode(applied, boot);
  void* mapped = MAP_FAILED;
  if (::pwrite(file, mark.data(), mark.size(), 0) == static_cast<ssize_t>(mark.size())) {
    mapped = ::mmap(nullptr, kMarkBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  const int why = errno;
  ::close(file);
  errno = why;
  if (mapped == MAP_FAILED) raise_unwritable(path);
  mapped_ = static_cast<char*>(mapped);
  second_ = true;
}

AppliedMark::~AppliedMark() {
  if (mapped_ != nullptr) ::munmap(mapped_, kMarkBytes);
}

// The process may die between two of these stores: the slot is void then, the other one stands, and
// nobody has been told of this commit.
void AppliedMark::write(const Extent& applied) {
  if (mapped_ == nullptr) return;
  const Slot slot = encode(applied);
  std::memcpy(mapped_ + kSlotsAt + (second_ ? kSlotBytes : 0), slot.data(), slot.size());
  second_ = !second_;
}

}  // namespace freshet::commit

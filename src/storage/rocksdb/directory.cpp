// SPDX-License-Identifier: Apache-2.0
#include "storage/rocksdb/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace freshet::rocks {
namespace {

constexpr std::uint64_t kLookEveryBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kBytesPerWrite = 4096;  // what a small write counts at least

std::string owner_of(int file) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(file, text.data(), text.size() - 1, 0);
  std::string owner(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!owner.empty() && owner.back() == '\n')
    owner.pop_back();
  return owner.empty() ? "unknown" : owner;
}

}  // namespace

DirectoryLock::DirectoryLock(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    raise(ErrorCode::OperationFailed, "cannot create the data directory '{}': {}", path,
          error.message());
  }
  const std::string name = path + "/freshet.lock";
  file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    raise(ErrorCode::OperationFailed, "cannot write to the data directory '{}': {}", path,
          std::strerror(errno));
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const std::string owner = owner_of(file_);
    ::close(file_);
    raise(ErrorCode::OperationFailed,
          "the data directory '{}' is in use by another process (id {})", path, owner);
  }
  const std::string id = std::to_string(::getpid()) + "\n";
  const bool written = ::ftruncate(file_, 0) == 0 &&
                       ::pwrite(file_, id.data(), id.size(), 0) == static_cast<ssize_t>(id.size());
  if (!written) {
    const int why = errno;
    ::close(file_);
    raise(why == ENOSPC ? ErrorCode::OutOfDiskSpace : ErrorCode::OperationFailed,
          "cannot write to the data directory '{}': {}", path, std::strerror(why));
  }
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

bool has_log_to_recover(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().extension() == ".log" && entry.file_size(error) > 0) return true;
  }
  return false;
}

bool DiskReserve::low(std::uint64_t bytes) {
  const std::uint64_t counted = std::max(bytes, kBytesPerWrite);
  if (!low_ && until_next_look_ > counted) {
    until_next_look_ -= counted;
    return false;
  }
  struct statvfs disk {};
  if (::statvfs(path_.c_str(), &disk) != 0) return false;  // the write will tell
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  low_ = free < reserve_bytes_ + bytes;
  until_next_look_ = kLookEveryBytes;
  return low_;
}

}  // namespace freshet::rocks

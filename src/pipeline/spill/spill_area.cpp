// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spill/spill_area.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/error.h"

namespace freshet::pipeline {

SpillArea::SpillArea(std::string directory, std::uint64_t bytes_max)
    : directory_(std::move(directory)), bytes_max_(bytes_max) {
  std::error_code failed;
  std::filesystem::remove_all(directory_, failed);
  std::filesystem::create_directories(directory_, failed);
  if (failed) {
    raise(ErrorCode::OperationFailed, "cannot use '{}' for temporary files: {}", directory_,
          failed.message());
  }
}

std::unique_ptr<SpillFile> SpillArea::create() {
  std::string path = directory_ + "/spill-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    raise(ErrorCode::OutOfDiskSpace, "cannot make a temporary file in '{}': {}", directory_,
          std::strerror(errno));
  }
  ::unlink(path.c_str());
  return std::make_unique<SpillFile>(*this, descriptor);
}

void SpillArea::take(std::uint64_t bytes) {
  if (used_.fetch_add(bytes) + bytes <= bytes_max_) return;
  used_ -= bytes;
  raise(ErrorCode::OutOfDiskSpace, "temporary files may hold {} bytes together (spillBytesMax)",
        bytes_max_);
}

SpillFile::~SpillFile() {
  ::close(descriptor_);
  area_.give_back(size_);
}

void SpillFile::append(std::string_view bytes) {
  area_.take(bytes.size());
  size_ += bytes.size();
  std::uint64_t offset = size_ - bytes.size();
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      raise(ErrorCode::OutOfDiskSpace, "cannot write a temporary file: {}", std::strerror(errno));
    }
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void SpillFile::read(std::uint64_t offset, std::size_t size, std::string& out) const {
  out.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        ::pread(descriptor_, out.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      raise(ErrorCode::OperationFailed, "cannot read a temporary file: {}",
            got == 0 ? "it is shorter than what was written" : std::strerror(errno));
    }
    have += static_cast<std::size_t>(got);
  }
}

}  // namespace freshet::pipeline

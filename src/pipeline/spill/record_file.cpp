// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spill/record_file.h"

#include <algorithm>
#include <cstring>

#include "base/invariant.h"

namespace freshet::pipeline {
namespace {

struct Head {
  std::uint32_t key_size;
  std::uint32_t payload_size;
};

}  // namespace

void RecordWriter::write(std::string_view key, std::string_view payload) {
  const Head head{static_cast<std::uint32_t>(key.size()),
                  static_cast<std::uint32_t>(payload.size())};
  char bytes[sizeof head];
  std::memcpy(bytes, &head, sizeof head);
  buffer_.append(bytes, sizeof head).append(key).append(payload);
  if (buffer_.size() >= kRecordBufferBytes) flush();
}

void RecordWriter::flush() {
  file_.append(buffer_);
  buffer_.clear();
}

/// Makes `bytes` available behind position_; false at the end of the run.
bool RecordReader::have(std::size_t bytes) {
  if (buffer_.size() - position_ >= bytes) return true;
  buffer_.erase(0, position_);
  position_ = 0;
  const std::uint64_t left = end_ - offset_;
  if (buffer_.size() + left < bytes) return false;
  const std::size_t wanted = std::max(bytes - buffer_.size(), kRecordBufferBytes);
  std::string more;
  file_.read(offset_, static_cast<std::size_t>(std::min<std::uint64_t>(left, wanted)), more);
  offset_ += more.size();
  buffer_ += more;
  return true;
}

std::optional<SpilledRecord> RecordReader::next() {
  Head head{};
  if (!have(sizeof head)) return std::nullopt;
  std::memcpy(&head, buffer_.data() + position_, sizeof head);
  const std::size_t size = sizeof head + head.key_size + head.payload_size;
  invariant(have(size), "a run of records ends with a whole one");
  const std::string_view record = std::string_view(buffer_).substr(position_, size);
  position_ += size;
  return SpilledRecord{record.substr(sizeof head, head.key_size),
                       record.substr(sizeof head + head.key_size)};
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// A run of records in a temporary file, written once and read once from the beginning.
//
//   record: keySize u32, payloadSize u32, key, payload (host byte order: the file never leaves)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/spill/spill_area.h"

namespace freshet::pipeline {

/// What one reader or writer holds back.
inline constexpr std::size_t kRecordBufferBytes = std::size_t{64} << 10;

struct SpilledRecord {
  std::string_view key;
  std::string_view payload;
};

class RecordWriter {
 public:
  explicit RecordWriter(SpillFile& file) : file_(file) {}
  void write(std::string_view key, std::string_view payload);
  /// Call once, after the last record.
  void flush();

 private:
  SpillFile& file_;
  std::string buffer_;
};

class RecordReader {
 public:
  /// Reads what was written between the two offsets. The file outlives the reader.
  RecordReader(const SpillFile& file, std::uint64_t begin, std::uint64_t end)
      : file_(file), offset_(begin), end_(end) {}
  /// The views live until the next call.
  std::optional<SpilledRecord> next();

 private:
  bool have(std::size_t bytes);

  const SpillFile& file_;
  std::uint64_t offset_;  // in the file, of what follows the buffer
  std::uint64_t end_;
  std::string buffer_;
  std::size_t position_ = 0;
};

}  // namespace freshet::pipeline

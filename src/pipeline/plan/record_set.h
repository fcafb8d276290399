// SPDX-License-Identifier: Apache-2.0
// A set of record ids, small for ids that lie close together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collection/record.h"

namespace freshet::pipeline {

/// Ids are kept by their upper 48 bits: the lower 16 as a sorted list while they are few, as a
/// bitmap when there are many.
class RecordSet {
 public:
  /// False when it is in already.
  bool insert(collection::RecordId id);
  bool contains(collection::RecordId id) const;
  /// Approximate memory.
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kListMax = 2048;
  struct Chunk {
    std::vector<std::uint16_t> list;
    std::vector<std::uint64_t> bits;  // empty while the list is in use
  };
  bool insert(Chunk& chunk, std::uint16_t low);

  std::unordered_map<std::uint64_t, Chunk> chunks_;
  std::size_t bytes_ = 0;
};

}  // namespace freshet::pipeline

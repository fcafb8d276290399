// SPDX-License-Identifier: Apache-2.0
// A run of the log: consecutive records in one piece of memory, so that reading many costs one
// allocation and not one each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace freshet::storage {

/// All records with after() < position <= through(), in order. Filled by one thread, then read by
/// any number. What it hands out lives as long as it does.
class LogRun {
 public:
  explicit LogRun(Position after) : after_(after), through_(after) {}

  Position after() const { return after_; }
  Position through() const { return through_; }
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  Position position(std::size_t i) const { return rows_[i].position; }
  std::string_view bytes(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : rows_[i - 1].end;
    return std::string_view(bytes_).substr(begin, rows_[i].end - begin);
  }
  /// Of all records together.
  std::size_t total_bytes() const { return bytes_.size(); }

  /// The first record behind `position`; size() when there is none.
  std::size_t first_after(Position position) const {
    const auto at = std::upper_bound(rows_.begin(), rows_.end(), position,
                                     [](Position p, const Row& row) { return p < row.position; });
    return static_cast<std::size_t>(at - rows_.begin());
  }

  /// May a record of this size be appended to a run that shall not exceed `bytes_max`? The first
  /// always may.
  bool fits(std::size_t record_bytes, std::size_t bytes_max) const {
    return rows_.empty() || bytes_.size() + record_bytes <= bytes_max;
  }
  /// Appends the next record of the log. Requires: position > through().
  void append(Position position, std::string_view record) {
    bytes_.append(record);
    rows_.push_back({position, bytes_.size()});
    through_ = position;
  }
  /// Up to here there is no other record.
  void reach(Position through) { through_ = std::max(through_, through); }

  /// Makes room for so many bytes at once.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  /// Gives back what was taken and not used, if that is much.
  void trim() {
    if (bytes_.size() < bytes_.capacity() / 4 * 3) bytes_.shrink_to_fit();
    if (rows_.size() < rows_.capacity() / 4 * 3) rows_.shrink_to_fit();
  }
  /// What it takes.
  std::size_t memory_bytes() const {
    return sizeof(LogRun) + bytes_.capacity() + rows_.capacity() * sizeof(Row);
  }

 private:
  struct Row {
    Position position;
    std::size_t end;  // of its bytes; they begin where the row before ends
  };
  Position after_;
  Position through_;
  std::string bytes_;
  std::vector<Row> rows_;
};

}  // namespace freshet::storage

// SPDX-License-Identifier: Apache-2.0
// How far the values under a path reach: for each type of them the lowest and the highest. Two
// bounds of a filter are met by an array when its highest is not below the one and its lowest not
// above the other, whichever elements those are.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "bson/key_bytes.h"
#include "bson/view.h"

namespace freshet::stream {

/// Collects the values of one path and one change. Not thread-safe.
class ValueHulls {
 public:
  struct Hull {
    bson::key_bytes::Byte bracket = 0;
    std::string low;  ///< a key (bson/key.h)
    std::string high;
  };

  /// Values that are in no range (is_ranged()) are passed over.
  void add(bson::ValueView value);

  const Hull* begin() const { return hulls_.data(); }
  const Hull* end() const { return hulls_.data() + count_; }

 private:
  static constexpr std::size_t kBrackets = 7;  // of the types that are ranged
  std::array<Hull, kBrackets> hulls_;
  std::size_t count_ = 0;
  std::string key_;
};

}  // namespace freshet::stream

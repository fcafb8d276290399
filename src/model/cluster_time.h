// SPDX-License-Identifier: Apache-2.0
// Cluster time is the position in the log: one number orders every committed change.
#pragma once

#include <compare>
#include <cstdint>

#include "bson/view.h"

namespace freshet::model {

/// seconds << 32 | increment. Zero is before everything. Regular, totally ordered.
class ClusterTime {
 public:
  constexpr ClusterTime() = default;
  constexpr explicit ClusterTime(std::uint64_t value) : value_(value) {}
  constexpr ClusterTime(std::uint32_t seconds, std::uint32_t increment)
      : value_(std::uint64_t{seconds} << 32 | increment) {}
  explicit ClusterTime(bson::Timestamp timestamp) : value_(timestamp.value()) {}

  constexpr std::uint64_t value() const { return value_; }
  constexpr std::uint32_t seconds() const { return static_cast<std::uint32_t>(value_ >> 32); }
  constexpr std::uint32_t increment() const { return static_cast<std::uint32_t>(value_); }
  bson::Timestamp timestamp() const { return bson::Timestamp::from(value_); }
  constexpr bool is_zero() const { return value_ == 0; }

  constexpr auto operator<=>(const ClusterTime&) const = default;

  static constexpr ClusterTime max() { return ClusterTime(~std::uint64_t{0}); }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace freshet::model

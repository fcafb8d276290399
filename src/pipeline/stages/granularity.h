// SPDX-License-Identifier: Apache-2.0
// Preferred numbers: the series to whose members $bucketAuto rounds its boundaries.
#pragma once

#include <memory>
#include <string_view>

namespace freshet::pipeline {

/// Immutable, thread-safe.
class Granularity {
 public:
  virtual ~Granularity() = default;
  /// The least member above `value`, the greatest below; 0 stays 0. Requires: value >= 0, finite.
  virtual double round_up(double value) const = 0;
  virtual double round_down(double value) const = 0;
};

/// "R5" … "R80", "1-2-5", "E6" … "E192", "POWERSOF2"; null for other names.
std::unique_ptr<const Granularity> make_granularity(std::string_view name);

}  // namespace freshet::pipeline

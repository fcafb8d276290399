// SPDX-License-Identifier: Apache-2.0
// Preferred numbers: the series to whose members $bucketAuto rounds its boundaries.
#pragma once

#include <memory>
#include <string_view>

#include "bson/value.h"

namespace freshet::pipeline {

/// Immutable, thread-safe.
class Granularity {
 public:
  virtual ~Granularity() = default;
  /// The least member above `value`, the greatest below; zero stays as it is. Requires: a number >=
  /// 0, not NaN.
  virtual bson::Value round_up(const bson::Value& value) const = 0;
  virtual bson::Value round_down(const bson::Value& value) const = 0;
};

/// "R5" … "R80", "1-2-5", "E6" … "E192", "POWERSOF2"; null for other names.
std::unique_ptr<const Granularity> make_granularity(std::string_view name);

}  // namespace freshet::pipeline

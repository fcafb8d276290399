// SPDX-License-Identifier: Apache-2.0
// Accumulators that can give back what was added first: for windows that slide.
#pragma once

#include <memory>
#include <string_view>

#include "bson/compare.h"
#include "bson/value.h"

namespace freshet::query {

/// Not thread-safe.
class Removable {
 public:
  virtual ~Removable() = default;
  /// `value` may borrow; what is kept is copied.
  virtual void add(const bson::Value& value) = 0;
  /// Takes back the oldest value; it comes along as it was added.
  virtual void remove(const bson::Value& value) = 0;
  virtual bson::Value result() const = 0;
};

/// The state of the accumulator of that name, or null when it has none that can give back.
std::unique_ptr<Removable> make_removable(std::string_view name,
                                          const bson::StringOrder* collation);

}  // namespace freshet::query

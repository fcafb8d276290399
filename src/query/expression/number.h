// SPDX-License-Identifier: Apache-2.0
// Arithmetic over MongoDB's four number types: which type a result has, exact sums.
#pragma once

#include <cstdint>

#include "bson/decimal.h"
#include "bson/value.h"

namespace freshet::query {

/// int < long < double < decimal. Requires: numbers.
bson::Type widest_number(bson::Type a, bson::Type b);
/// An int when that is the widest operand type and it fits; otherwise a long.
bson::Value int_or_long(std::int64_t value, bson::Type widest);
/// Any number as decimal; doubles with 15 digits, as MongoDB converts.
bson::Decimal128 number_as_decimal(bson::ValueView value);
bool is_nan(bson::ValueView number);

/// A sum that loses nothing before the end: integers exactly, doubles with a compensation term,
/// decimals on their own.
class NumberSum {
 public:
  /// Requires: a number.
  void add(bson::ValueView number);
  /// int while only ints came and the sum fits, then long, then double; decimal as soon as one
  /// came.
  bson::Value result() const;
  double as_double() const;
  bson::Decimal128 as_decimal() const;
  bson::Type widest() const { return widest_; }
  /// The sum as a number of that type (or, of integers that do not fit, a double).
  bson::Value result_as(bson::Type widest) const;
  /// The state as a document, and adding one.
  bson::Value partial() const;
  void merge(bson::View partial);

 private:
  __extension__ typedef __int128 Wide;
  void add_double(double value);
  bson::Type widest_ = bson::Type::Int32;
  Wide integers_ = 0;
  double high_ = 0;
  double low_ = 0;
  double special_ = 0;  ///< sum of what is not finite
  bool has_special_ = false;
  bson::Decimal128 decimals_ = bson::decimal::from_int64(0);
};

}  // namespace freshet::query

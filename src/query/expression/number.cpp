// SPDX-License-Identifier: Apache-2.0
// Arithmetic over MongoDB's four number types.
#include "query/expression/number.h"

#include <cmath>
#include <limits>

#include "bson/builder.h"

namespace freshet::query {

using bson::Type;
using bson::Value;

bson::Type widest_number(Type a, Type b) {
  for (const Type type : {Type::Decimal128, Type::Double, Type::Int64}) {
    if (a == type || b == type) return type;
  }
  return Type::Int32;
}

Value int_or_long(std::int64_t value, Type widest) {
  if (widest == Type::Int32 && value >= std::numeric_limits<std::int32_t>::min() &&
      value <= std::numeric_limits<std::int32_t>::max()) {
    return Value::int32(static_cast<std::int32_t>(value));
  }
  return Value::int64(value);
}

bson::Decimal128 number_as_decimal(bson::ValueView value) {
  if (value.type() == Type::Decimal128) return value.as_decimal();
  if (value.type() == Type::Double) return bson::decimal::from_double(value.as_double());
  return bson::decimal::from_int64(value.number_as_int64());
}

bool is_nan(bson::ValueView number) {
  if (number.type() == Type::Double) return std::isnan(number.as_double());
  return number.type() == Type::Decimal128 && bson::decimal::is_nan(number.as_decimal());
}

void NumberSum::add(bson::ValueView number) {
  widest_ = widest_number(widest_, number.type());
  switch (number.type()) {
    case Type::Int32:
      integers_ += number.as_int32();
      break;
    case Type::Int64:
      integers_ += number.as_int64();
      break;
    case Type::Double:
      add_double(number.as_double());
      break;
    default:
      decimals_ = bson::decimal::add(decimals_, number.as_decimal());
  }
}

void NumberSum::add_double(double value) {
  if (!std::isfinite(value)) {
    special_ += value;
    has_special_ = true;
    return;
  }
  const double sum = high_ + value;
  if (!std::isfinite(sum)) {
    special_ += sum;
    has_special_ = true;
    return;
  }
  const double part = sum - high_;
  low_ += (high_ - (sum - part)) + (value - part);
  high_ = sum;
}

double NumberSum::as_double() const {
  if (widest_ == Type::Decimal128) return bson::decimal::to_double(as_decimal());
  if (has_special_) return special_;
  NumberSum all = *this;
  const auto high = static_cast<double>(integers_);
  all.add_double(high);
  all.add_double(static_cast<double>(integers_ - static_cast<Wide>(high)));
  return all.high_ + all.low_;
}

bson::Decimal128 NumberSum::as_decimal() const {
  using namespace bson::decimal;
  bson::Decimal128 sum = decimals_;
  if (has_special_) sum = bson::decimal::add(sum, from_double(special_));
  if (high_ != 0 || low_ != 0) {
    sum = bson::decimal::add(sum, from_double_exact(high_));
    if (low_ != 0) sum = bson::decimal::add(sum, from_double_exact(low_));
  }
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  if (integers_ <= kMax && integers_ >= std::numeric_limits<std::int64_t>::min()) {
    if (integers_ != 0)
      sum = bson::decimal::add(sum, from_int64(static_cast<std::int64_t>(integers_)));
    return sum;
  }
  const auto half = static_cast<std::int64_t>(integers_ / kMax);
  const auto rest = static_cast<std::int64_t>(integers_ % kMax);
  return bson::decimal::add(
      sum, bson::decimal::add(multiply(from_int64(half), from_int64(kMax)), from_int64(rest)));
}

Value NumberSum::result() const {
  return result_as(widest_);
}

Value NumberSum::result_as(Type widest) const {
  if (widest == Type::Decimal128) return Value::decimal(as_decimal());
  if (widest == Type::Double) return Value::number(as_double());
  if (integers_ > std::numeric_limits<std::int64_t>::max() ||
      integers_ < std::numeric_limits<std::int64_t>::min()) {
    return Value::number(static_cast<double>(integers_));
  }
  return int_or_long(static_cast<std::int64_t>(integers_), widest);
}

Value NumberSum::partial() const {
  bson::Builder out;
  out.add("type", static_cast<std::int32_t>(widest_));
  out.add("ihigh", static_cast<std::int64_t>(integers_ >> 64));
  out.add("ilow", static_cast<std::int64_t>(integers_));
  out.add("high", high_).add("low", low_);
  if (has_special_) out.add("special", special_);
  out.add("decimal", decimals_);
  return Value::document(out.take());
}

void NumberSum::merge(bson::View partial) {
  widest_ = widest_number(widest_, static_cast<Type>(partial["type"].as_int32()));
  const auto high = static_cast<Wide>(partial["ihigh"].as_int64());
  integers_ += high * (Wide{1} << 64) +
               static_cast<Wide>(static_cast<std::uint64_t>(partial["ilow"].as_int64()));
  add_double(partial["high"].as_double());
  add_double(partial["low"].as_double());
  if (const bson::Element special = partial["special"]) add_double(special.as_double());
  decimals_ = bson::decimal::add(decimals_, partial["decimal"].as_decimal());
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// Preferred numbers of ISO 3 (Renard, R) and IEC 60063 (E), one decade each.
#include "pipeline/stages/granularity.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace freshet::pipeline {
namespace {

constexpr double kR5[] = {1.0, 1.6, 2.5, 4.0, 6.3};
constexpr double kR10[] = {1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0};
constexpr double kR20[] = {1.0,  1.12, 1.25, 1.4, 1.6, 1.8, 2.0, 2.24, 2.5, 2.8,
                           3.15, 3.55, 4.0,  4.5, 5.0, 5.6, 6.3, 7.1,  8.0, 9.0};
constexpr double kR40[] = {1.0,  1.06, 1.12, 1.18, 1.25, 1.32, 1.4, 1.5,  1.6, 1.7,
                           1.8,  1.9,  2.0,  2.12, 2.24, 2.36, 2.5, 2.65, 2.8, 3.0,
                           3.15, 3.35, 3.55, 3.75, 4.0,  4.25, 4.5, 4.75, 5.0, 5.3,
                           5.6,  6.0,  6.3,  6.7,  7.1,  7.5,  8.0, 8.5,  9.0, 9.5};
constexpr double kR80[] = {
    1.0, 1.03, 1.06, 1.09, 1.12, 1.15, 1.18, 1.22, 1.25, 1.28, 1.32, 1.36, 1.4,  1.45, 1.5,  1.55,
    1.6, 1.65, 1.7,  1.75, 1.8,  1.85, 1.9,  1.95, 2.0,  2.06, 2.12, 2.18, 2.24, 2.3,  2.36, 2.43,
    2.5, 2.58, 2.65, 2.72, 2.8,  2.9,  3.0,  3.07, 3.15, 3.25, 3.35, 3.45, 3.55, 3.65, 3.75, 3.87,
    4.0, 4.12, 4.25, 4.37, 4.5,  4.62, 4.75, 4.87, 5.0,  5.15, 5.3,  5.45, 5.6,  5.8,  6.0,  6.15,
    6.3, 6.5,  6.7,  6.9,  7.1,  7.3,  7.5,  7.75, 8.0,  8.25, 8.5,  8.75, 9.0,  9.25, 9.5,  9.75};
constexpr double k125[] = {1.0, 2.0, 5.0};
constexpr double kE6[] = {1.0, 1.5, 2.2, 3.3, 4.7, 6.8};
constexpr double kE12[] = {1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2};
constexpr double kE24[] = {1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0,
                           3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1};

struct Series {
  std::string_view name;
  std::span<const double> members;
};
constexpr Series kSeries[] = {{"R5", kR5},   {"R10", kR10}, {"R20", kR20},
                              {"R40", kR40}, {"R80", kR80}, {"1-2-5", k125},
                              {"E6", kE6},   {"E12", kE12}, {"E24", kE24}};

/// E48 and finer follow the formula, but for one member of E192.
std::vector<double> fine_e_series(int size) {
  std::vector<double> out;
  for (int i = 0; i < size; ++i) {
    const double member = std::round(std::pow(10.0, static_cast<double>(i) / size) * 100) / 100;
    out.push_back(size == 192 && member == 9.19 ? 9.2 : member);
  }
  return out;
}

using bson::Value;

class PreferredNumbers final : public Granularity {
 public:
  explicit PreferredNumbers(std::vector<double> members) : members_(std::move(members)) {}

  Value round_up(const Value& value) const override {
    const double number = value.view().number_as_double();
    if (number == 0 || std::isinf(number)) return value;
    const double scale = decade(number);
    for (const double member : members_) {
      if (member * scale > number) return Value::number(member * scale);
    }
    return Value::number(members_.front() * scale * 10);
  }

  Value round_down(const Value& value) const override {
    const double number = value.view().number_as_double();
    if (number == 0 || std::isinf(number)) return value;
    const double scale = decade(number);
    for (std::size_t i = members_.size(); i > 0; --i) {
      if (members_[i - 1] * scale < number) return Value::number(members_[i - 1] * scale);
    }
    return Value::number(members_.back() * scale / 10);
  }

 private:
  /// The power of ten at or below `value`.
  static double decade(double value) {
    double scale = std::pow(10.0, std::floor(std::log10(value)));
    if (scale > value) scale /= 10;
    if (scale * 10 <= value) scale *= 10;
    return scale;
  }
  std::vector<double> members_;
};

/// Whole numbers give whole numbers.
class PowersOfTwo final : public Granularity {
 public:
  Value round_up(const Value& value) const override {
    const double number = value.view().number_as_double();
    if (number == 0 || std::isinf(number)) return value;
    return like(value, std::exp2(std::floor(std::log2(number)) + 1));
  }
  Value round_down(const Value& value) const override {
    const double number = value.view().number_as_double();
    if (number == 0 || std::isinf(number)) return value;
    return like(value, std::exp2(std::ceil(std::log2(number)) - 1));
  }

 private:
  static Value like(const Value& value, double power) {
    const bool whole = value.type() == bson::Type::Int32 || value.type() == bson::Type::Int64;
    if (!whole || power < 1 || power >= 0x1p63) return Value::number(power);
    const auto number = static_cast<std::int64_t>(power);
    if (value.type() == bson::Type::Int32 && power < 0x1p31)
      return Value::int32(static_cast<std::int32_t>(number));
    return Value::int64(number);
  }
};

}  // namespace

std::unique_ptr<const Granularity> make_granularity(std::string_view name) {
  if (name == "POWERSOF2") return std::make_unique<PowersOfTwo>();
  for (const int size : {48, 96, 192}) {
    if (name == "E" + std::to_string(size))
      return std::make_unique<PreferredNumbers>(fine_e_series(size));
  }
  const auto* found = std::ranges::find(kSeries, name, &Series::name);
  if (found == std::end(kSeries)) return nullptr;
  return std::make_unique<PreferredNumbers>(
      std::vector<double>(found->members.begin(), found->members.end()));
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "app/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <system_error>

namespace freshet::app {
namespace {

struct Unit {
  std::string_view name;  // lower case
  std::uint64_t factor;
};

constexpr Unit kByteUnits[] = {{"tb", std::uint64_t{1} << 40},
                               {"gb", std::uint64_t{1} << 30},
                               {"mb", std::uint64_t{1} << 20},
                               {"kb", std::uint64_t{1} << 10},
                               {"b", 1},
                               {"", 1}};
constexpr Unit kTimeUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

struct Parts {
  std::uint64_t number;
  std::string unit;
};

std::optional<Parts> split(std::string_view text) {
  Parts parts{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), parts.number);
  if (failed != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (text.starts_with(' '))
    text.remove_prefix(1);
  for (const char c : text) {
    parts.unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return parts;
}

template <std::size_t N>
std::optional<std::uint64_t> scale(const Parts& parts, const Unit (&units)[N], std::uint64_t max) {
  for (const Unit& unit : units) {
    if (unit.name != parts.unit) continue;
    if (parts.number > max / unit.factor) return std::nullopt;
    return parts.number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  return scale(*parts, kByteUnits, std::uint64_t{1} << 60);
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  if (parts->unit.empty()) {
    return parts->number == 0 ? std::optional<std::int64_t>(0) : std::nullopt;
  }
  const auto ms = scale(*parts, kTimeUnits, std::uint64_t{1} << 53);
  if (!ms) return std::nullopt;
  return static_cast<std::int64_t>(*ms);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kNames = {"B", "KB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kNames.size(); ++unit)
    value /= 1024;
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text + " " + std::string(kNames[unit]);
}

std::string format_duration(std::int64_t ms) {
  for (const Unit& unit : kTimeUnits) {
    const auto factor = static_cast<std::int64_t>(unit.factor);
    // Days only from two on: "24h" is what people say.
    if (unit.name == "d" && ms < 2 * factor) continue;
    if (ms >= factor && ms % factor == 0) return fmt::format("{}{}", ms / factor, unit.name);
  }
  return fmt::format("{}ms", ms);
}

}  // namespace freshet::app

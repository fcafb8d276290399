// SPDX-License-Identifier: Apache-2.0
// For tests: the recorded cases of a real server, where they lie beside the repository.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bson/compare.h"
#include "bson/decimal.h"
#include "bson/json.h"
#include "bson/value.h"

namespace freshet::golden {

/// shared/goldens in a folder above the working directory; empty when there is none.
inline std::filesystem::path folder() {
  for (auto at = std::filesystem::current_path(); at != at.root_path(); at = at.parent_path()) {
    if (std::filesystem::exists(at / "shared/goldens/corpus")) return at / "shared/goldens";
  }
  return {};
}

inline bool present() {
  return std::filesystem::exists(folder() / "corpus/fixtures.json");
}

inline std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Ids whose recorded answer is not, or perhaps not, today's.
inline std::set<std::string> noted_ids() {
  std::set<std::string> out;
  for (const char* name : {"superseded.json", "doubtful.json"}) {
    const std::string notes = bson::from_json(read(folder() / name));
    for (const auto& element : bson::View(notes))
      out.insert(std::string(element.name()));
  }
  return out;
}

/// The shared fixtures by name: {docs: [...], colls: {name: {docs: [...]}}, ...}.
inline std::map<std::string, std::string> fixtures() {
  std::map<std::string, std::string> out;
  const std::string all = bson::from_json(read(folder() / "corpus/fixtures.json"));
  for (const auto& fixture : bson::View(all)) {
    out[std::string(fixture.name())] = fixture.as_document().to_string();
  }
  return out;
}

/// Calls visit(case) for every case of an area that can be read; returns how many cannot.
inline std::size_t each_case(std::string_view area, const std::function<void(bson::View)>& visit) {
  std::ifstream in(folder() / "corpus" / (std::string(area) + ".jsonl"));
  std::size_t unreadable = 0;
  for (std::string line; std::getline(in, line);) {
    std::string bytes;
    try {
      bytes = bson::from_json(line);
    } catch (const Error&) {
      ++unreadable;
      continue;
    }
    visit(bson::View(bytes));
  }
  return unreadable;
}

inline bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

inline bool close(bson::Decimal128 a, bson::Decimal128 b) {
  namespace decimal = bson::decimal;
  if (decimal::is_nan(a) || decimal::is_nan(b)) return decimal::is_nan(a) && decimal::is_nan(b);
  if (decimal::compare(a, b) == 0) return true;
  if (decimal::is_infinite(a) || decimal::is_infinite(b)) return false;
  const auto difference = decimal::abs(decimal::subtract(a, b));
  const auto bound = decimal::multiply(decimal::abs(a), *decimal::from_string("1E-31"));
  return decimal::compare(difference, bound) <= 0;
}

/// Same types, same order of fields, equal values; floating point numbers nearly so.
inline bool same(bson::ValueView a, bson::ValueView b) {
  if (a.type() != b.type()) return false;
  if (a.type() == bson::Type::Double) return close(a.as_double(), b.as_double());
  if (a.type() == bson::Type::Decimal128) return close(a.as_decimal(), b.as_decimal());
  if (!a.is_document() && !a.is_array()) return bson::equal(a, b);
  auto x = a.as_document().begin();
  auto y = b.as_document().begin();
  for (; x != a.as_document().end() && y != b.as_document().end(); ++x, ++y) {
    if (x->name() != y->name() || !same(x->value(), y->value())) return false;
  }
  return x == a.as_document().end() && y == b.as_document().end();
}

inline std::string text(bson::ValueView value) {
  return value.missing() ? std::string("missing") : bson::to_json(value, bson::JsonMode::Canonical);
}

}  // namespace freshet::golden

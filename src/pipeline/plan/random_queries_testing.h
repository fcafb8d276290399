// SPDX-License-Identifier: Apache-2.0
// Random documents, filters, sorts, projections and indexes over a few fields, as Extended JSON:
// for tests that compare plans with each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace freshet::pipeline {

class RandomQueries {
 public:
  explicit RandomQueries(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  /// A document with this _id.
  std::string document(int id);
  std::string filter() { return object(conditions(1 + below(2), 0)); }
  /// {} now and then.
  std::string sort();
  std::string projection();
  std::string collation() { return one_in(4) ? R"({"locale": "en", "strength": 2})" : "{}"; }
  std::string path();
  /// Specifications for createIndexes, different ones.
  std::vector<std::string> indexes();

 private:
  static std::string object(const std::vector<std::string>& fields);
  static std::string field(std::string_view name, std::string_view value) {
    return "\"" + std::string(name) + "\": " + std::string(value);
  }
  template <std::size_t N>
  std::string_view any_of(const std::string_view (&texts)[N]) {
    return texts[below(N)];
  }

  std::string scalar();
  std::string number();
  std::string text();
  std::string pattern();
  std::string array(int depth);
  std::string value(int depth = 0);
  std::string list(std::uint64_t most);
  std::vector<std::string> conditions(std::uint64_t count, int depth);
  std::string condition(int depth);
  std::string operators();
  std::string one_operator();
  std::string element_match();
  std::string expression();

  SeededRandom random_;
};

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/random_queries_testing.h"

#include <algorithm>

namespace freshet::pipeline {
namespace {

constexpr std::string_view kPaths[] = {"a", "a", "b", "b",   "c",   "d.e",   "d.f", "d",
                                       "t", "s", "s", "_id", "a.0", "d.0.e", "t.1", "a.x"};

constexpr std::string_view kIndexes[] = {
    R"({"key": {"a": 1}, "name": "a"})",
    R"({"key": {"b": -1}, "name": "b"})",
    R"({"key": {"a": 1, "b": 1}, "name": "ab"})",
    R"({"key": {"a": -1, "b": 1, "c": -1}, "name": "abc"})",
    R"({"key": {"b": 1, "_id": 1}, "name": "b_id"})",
    R"({"key": {"c": 1, "s": 1}, "name": "cs"})",
    R"({"key": {"d.e": 1}, "name": "de"})",
    R"({"key": {"d.e": 1, "d.f": -1}, "name": "def"})",
    R"({"key": {"a": 1, "d.f": 1, "d.e": 1}, "name": "adfde"})",
    R"({"key": {"d": 1}, "name": "d"})",
    R"({"key": {"t": 1}, "name": "t"})",
    R"({"key": {"t": 1, "b": -1}, "name": "tb"})",
    R"({"key": {"a.0": 1}, "name": "a0"})",
    R"({"key": {"d.0.e": 1, "b": 1}, "name": "d0e"})",
    R"({"key": {"s": 1}, "name": "s"})",
    R"({"key": {"s": 1, "a": 1}, "name": "s_ci", "collation": {"locale": "en", "strength": 2}})",
    R"({"key": {"b": 1}, "name": "b_sparse", "sparse": true})",
    R"({"key": {"a": 1, "d.e": 1}, "name": "ad_sparse", "sparse": true})",
    R"({"key": {"a": 1}, "name": "a_partial", "partialFilterExpression": {"b": {"$gt": 1}}})",
    R"({"key": {"s": 1}, "name": "s_partial", "partialFilterExpression": {"a": {"$exists": true}}})",
    R"({"key": {"b": 1}, "name": "b_partial",
        "partialFilterExpression": {"$or": [{"a": {"$lte": 1}}, {"c": {"$in": [1, "a"]}}]}})",
    R"({"key": {"c": "hashed"}, "name": "c_hashed"})",
    R"({"key": {"b": 1, "c": "hashed"}, "name": "bc_hashed"})",
    R"({"key": {"u": 1}, "name": "u", "unique": true})",
    R"({"key": {"$**": 1}, "name": "all"})",
    R"({"key": {"d.$**": 1}, "name": "below_d"})",
    R"({"key": {"$**": 1}, "name": "some", "wildcardProjection": {"a": 1, "t": 1, "_id": 1}})",
    R"({"key": {"c": 1, "$**": 1}, "name": "c_all", "wildcardProjection": {"c": 0, "s": 0}})",
    R"({"key": {"$**": 1}, "name": "all_ci", "collation": {"locale": "en", "strength": 2}})",
};

}  // namespace

std::string RandomQueries::object(const std::vector<std::string>& fields) {
  std::string out = "{";
  for (const std::string& each : fields)
    out += (out.size() > 1 ? ", " : "") + each;
  return out + "}";
}

std::string RandomQueries::number() {
  constexpr std::string_view kOdd[] = {
      R"({"$numberDouble": "NaN"})",           R"({"$numberDouble": "-0.0"})",
      R"({"$numberDouble": "Infinity"})",      R"({"$numberDecimal": "1.0"})",
      R"({"$numberDecimal": "2.5"})",          R"({"$numberDecimal": "NaN"})",
      R"({"$numberLong": "9007199254740993"})"};
  switch (below(6)) {
    case 0:
      return R"({"$numberLong": ")" + std::to_string(below(4)) + "\"}";
    case 1:
      return R"({"$numberDouble": ")" + std::to_string(below(8)) + (one_in(2) ? ".5" : ".0") +
             "\"}";
    case 2:
      return one_in(2) ? std::string(any_of(kOdd)) : "-1";
    default:
      return std::to_string(below(5));
  }
}

std::string RandomQueries::text() {
  constexpr std::string_view kTexts[] = {"",  "a",       "A",         "ab", "b",
                                         "B", "\\u00e9", "a\\u0000b", "abc"};
  if (!one_in(12)) return "\"" + std::string(any_of(kTexts)) + "\"";
  return "\"" + std::string(1'000, 'a') + std::to_string(below(4)) + "\"";
}

std::string RandomQueries::scalar() {
  constexpr std::string_view kOthers[] = {
      "true",
      "false",
      R"({"$date": {"$numberLong": "1000"}})",
      R"({"$date": {"$numberLong": "-1"}})",
      R"({"$oid": "0102030405060708090a0b0c"})",
      R"({"$timestamp": {"t": 1, "i": 2}})",
      R"({"$binary": {"base64": "YQ==", "subType": "00"}})",
      R"({"$minKey": 1})",
      R"({"$maxKey": 1})",
      R"({"$symbol": "a"})",
  };
  switch (below(8)) {
    case 0:
      return "null";
    case 1:
    case 2:
      return text();
    case 3:
      return std::string(any_of(kOthers));
    default:
      return number();
  }
}

std::string RandomQueries::list(std::uint64_t most) {
  std::string out = "[";
  for (std::uint64_t i = below(most + 1); i > 0; --i)
    out += (out.size() > 1 ? ", " : "") + scalar();
  return out + "]";
}

std::string RandomQueries::array(int depth) {
  std::string out = "[";
  for (std::uint64_t i = below(4); i > 0; --i)
    out += (out.size() > 1 ? ", " : "") + value(depth + 1);
  return out + "]";
}

std::string RandomQueries::value(int depth) {
  if (depth > 2 || !one_in(5)) return scalar();
  if (one_in(3)) return one_in(3) ? "{}" : "{\"x\": " + scalar() + "}";
  return array(depth);
}

std::string RandomQueries::document(int id) {
  std::vector<std::string> fields;
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!one_in(5)) fields.push_back(field(name, text));
  };
  add("a", value());
  add("b", one_in(3) ? value() : number());
  add("c", one_in(6) ? value() : scalar());
  const auto pair = [&] {
    std::vector<std::string> inner;
    if (!one_in(4)) inner.push_back(field("e", one_in(4) ? value(1) : number()));
    if (!one_in(4)) inner.push_back(field("f", one_in(4) ? value(1) : number()));
    if (one_in(2)) std::reverse(inner.begin(), inner.end());
    return object(inner);
  };
  if (one_in(3)) {
    std::string elements = "[";
    for (std::uint64_t i = below(4); i > 0; --i)
      elements += (elements.size() > 1 ? ", " : "") + (one_in(6) ? value(1) : pair());
    add("d", elements + "]");
  } else {
    add("d", one_in(6) ? value() : pair());
  }
  add("t", one_in(2) ? list(4) : value());
  add("s", text());
  if (fields.size() > 1 && one_in(3)) std::rotate(fields.begin(), fields.begin() + 1, fields.end());
  fields.push_back(field("u", std::to_string(id)));
  fields.insert(fields.begin(), field("_id", std::to_string(id)));
  return object(fields);
}

std::string RandomQueries::path() {
  return std::string(any_of(kPaths));
}

std::string RandomQueries::pattern() {
  constexpr std::string_view kPatterns[] = {"^a", "^ab", "b", "^A", "^a.*b"};
  return R"({"$regularExpression": {"pattern": ")" + std::string(any_of(kPatterns)) +
         R"(", "options": ")" + (one_in(3) ? "i" : "") + "\"}}";
}

std::string RandomQueries::one_operator() {
  constexpr std::string_view kComparisons[] = {"$eq", "$gt", "$gte", "$lt", "$lte", "$ne"};
  constexpr std::string_view kTypes[] = {
      "\"number\"", "\"string\"", "\"int\"",  "\"null\"",
      "\"array\"",  "\"object\"", "\"bool\"", "[\"int\", \"string\"]"};
  switch (below(14)) {
    case 0:
      return field("$in", list(4));
    case 1:
      return field("$nin", list(3));
    case 2:
      return field("$exists", one_in(2) ? "true" : "false");
    case 3:
      return field("@type", any_of(kTypes));
    case 4:
      return field("$mod", "[2, " + std::to_string(below(2)) + "]");
    case 5:
      return one_in(2) ? field("@regex", pattern())
                       : field("$in", "[" + scalar() + ", " + pattern() + "]");
    case 6:
      return field("$size", std::to_string(below(3)));
    case 7:
      return one_in(2) ? field("$all", list(3)) : field("$elemMatch", element_match());
    case 8:
      return field("$bitsAllSet", std::to_string(below(4)));
    default:
      return field(any_of(kComparisons), one_in(6) ? value() : scalar());
  }
}

std::string RandomQueries::element_match() {
  if (one_in(2)) return object({one_operator()});
  std::vector<std::string> inner{field("e", "{" + one_operator() + "}")};
  if (one_in(2)) inner.push_back(field("f", "{" + one_operator() + "}"));
  if (one_in(4)) inner.push_back(field("$nor", "[" + object({field("f", scalar())}) + "]"));
  return object(inner);
}

std::string RandomQueries::operators() {
  std::string one = one_operator();
  if (one_in(4)) {
    const std::string other = one_operator();
    const auto name = [](const std::string& text) { return text.substr(0, text.find(':')); };
    if (name(one) != name(other)) one += ", " + other;
  }
  if (one_in(6)) return "{" + field("$not", "{" + one + "}") + "}";
  return "{" + one + "}";
}

std::string RandomQueries::expression() {
  constexpr std::string_view kComparisons[] = {"$eq", "$gt", "$gte", "$lt", "$lte"};
  constexpr std::string_view kFields[] = {"\"$a\"", "\"$b\"", "\"$d.e\"", "\"$s\""};
  const std::string path(any_of(kFields));
  std::string operand = "{\"$literal\": " + value() + "}";
  if (one_in(2)) operand = number();
  const std::string pair =
      one_in(2) ? "[" + path + ", " + operand + "]" : "[" + operand + ", " + path + "]";
  return object({field(any_of(kComparisons), pair)});
}

std::string RandomQueries::condition(int depth) {
  constexpr std::string_view kLogic[] = {"$and", "$or", "$or", "$nor"};
  if (depth < 2 && one_in(4)) {
    std::string branches = "[";
    for (std::uint64_t i = 1 + below(3); i > 0; --i) {
      branches += (branches.size() > 1 ? ", " : "") + object(conditions(1 + below(2), depth + 1));
    }
    return field(any_of(kLogic), branches + "]");
  }
  if (one_in(12)) return field("$expr", expression());
  if (one_in(8)) return field("d", object({field("$elemMatch", element_match())}));
  if (one_in(12)) {
    return field(path(), one_in(2) ? pattern() : object({field("$not", pattern())}));
  }
  if (one_in(3)) return field(path(), one_in(4) ? value() : scalar());
  return field(path(), operators());
}

std::vector<std::string> RandomQueries::conditions(std::uint64_t count, int depth) {
  std::vector<std::string> out;
  std::vector<std::string> names;
  while (out.size() < count) {
    std::string one = condition(depth);
    std::string name = one.substr(0, one.find(':'));
    if (std::find(names.begin(), names.end(), name) == names.end()) out.push_back(std::move(one));
    names.push_back(std::move(name));
    if (names.size() > 20) break;
  }
  return out;
}

std::string RandomQueries::sort() {
  if (one_in(2)) return "{}";
  std::vector<std::string> fields;
  std::vector<std::string> names;
  for (std::uint64_t i = 1 + below(3); i > 0; --i) {
    const std::string name = path();
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.push_back(name);
    fields.push_back(field(name, one_in(3) ? "-1" : "1"));
  }
  return object(fields);
}

std::string RandomQueries::projection() {
  constexpr std::string_view kProjections[] = {R"({"a": 1, "_id": 0})",
                                               R"({"b": 1})",
                                               R"({"a": 1, "b": 1, "_id": 0})",
                                               R"({"d.e": 1, "_id": 0})",
                                               R"({"d.e": 1, "d.f": 1})",
                                               R"({"_id": 1})",
                                               R"({"c": 1, "s": 1, "_id": 0})",
                                               R"({"t": 1, "b": 1, "_id": 0})",
                                               R"({"d": 1, "_id": 0})",
                                               R"({"u": 1, "_id": 0})",
                                               R"({"b": 0})",
                                               R"({"b": 1, "_id": 1})",
                                               R"({"a": 1, "c": 1, "b": 1})"};
  return one_in(2) ? "{}" : std::string(any_of(kProjections));
}

std::vector<std::string> RandomQueries::indexes() {
  std::vector<std::string> out;
  for (std::uint64_t i = 2 + below(4); i > 0; --i) {
    std::string spec(any_of(kIndexes));
    if (std::find(out.begin(), out.end(), spec) == out.end()) out.push_back(std::move(spec));
  }
  return out;
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "query/golden_corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "bson/builder.h"
#include "bson/compare.h"
#include "bson/json.h"

namespace freshet::query::golden {
namespace {

/// Beside the checkout: looked for from the working directory upwards.
std::filesystem::path folder() {
  for (std::filesystem::path at = std::filesystem::current_path(); at.has_relative_path();
       at = at.parent_path()) {
    if (std::filesystem::exists(at / "shared" / "goldens")) return at / "shared" / "goldens";
  }
  return "shared/goldens";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// In the corpus $regex, $options and $type are always query operators; libbson would take some for
/// old-style Extended JSON. They are parsed under a disguise and renamed back.
constexpr std::string_view kDisguised[] = {"regex", "options", "type"};

std::string disguise(std::string text) {
  for (const std::string_view name : kDisguised) {
    const std::string from = "\"$" + std::string(name) + "\":";
    const std::string to = "\"\\u0001" + std::string(name) + "\":";
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

void undisguise(bson::View in, bson::Builder& out) {
  for (const bson::Element& element : in) {
    std::string name(element.name());
    if (!name.empty() && name[0] == '\x01') name[0] = '$';
    if (element.is_document() || element.is_array()) {
      element.is_array() ? out.open_array(name) : out.open_document(name);
      undisguise(element.as_document(), out);
      out.close();
    } else {
      out.add(name, element.value());
    }
  }
}

std::string parse(const std::string& line) {
  const std::string raw = bson::from_json(disguise(line));
  bson::Builder out;
  undisguise(bson::View(raw), out);
  return out.take();
}

std::set<std::string> ids_of(const char* file) {
  const std::string text = bson::from_json(read(folder() / file));
  std::set<std::string> ids;
  for (const bson::Element& element : bson::View(text))
    ids.emplace(element.name());
  return ids;
}

bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

}  // namespace

bool available() {
  return std::filesystem::exists(folder() / "corpus");
}

std::vector<Case> load(std::string_view area) {
  const std::set<std::string> superseded = ids_of("superseded.json");
  const std::set<std::string> doubtful = ids_of("doubtful.json");
  std::ifstream in(folder() / "corpus" / (std::string(area) + ".jsonl"));
  std::vector<Case> cases;
  std::string line;
  while (std::getline(in, line)) {
    Case one;
    one.bson = parse(line);
    one.id = one.view()["id"].as_string();
    one.doubtful = doubtful.contains(one.id);
    if (!superseded.contains(one.id)) cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<std::string> fixture_documents(const Case& one) {
  static const std::string kShared = parse(read(folder() / "corpus" / "fixtures.json"));
  bson::ValueView docs = one.view()["fixture"].as_document()["docs"];
  if (const bson::Element ref = one.view()["fixture"].as_document()["ref"]) {
    docs = bson::View(kShared)[ref.as_string()].as_document()["docs"];
  }
  std::vector<std::string> documents;
  if (!docs) return documents;
  for (const bson::Element& element : docs.as_document())
    documents.push_back(element.as_document().to_string());
  return documents;
}

bool same(bson::ValueView expected, bson::ValueView actual) {
  if (expected.is_document() && expected.as_document()["@any"]) return !actual.missing();
  if (expected.type() != actual.type()) return false;
  if (expected.type() == bson::Type::Double) return close(expected.as_double(), actual.as_double());
  if (!expected.is_document() && !expected.is_array()) return bson::identical(expected, actual);
  auto a = expected.as_document().begin();
  auto b = actual.as_document().begin();
  const auto a_end = expected.as_document().end();
  const auto b_end = actual.as_document().end();
  for (; a != a_end && b != b_end; ++a, ++b) {
    if (a->name() != b->name() || !same(*a, *b)) return false;
  }
  return a == a_end && b == b_end;
}

std::int32_t expected_code(bson::View reply) {
  if (const bson::Element code = reply["code"])
    return static_cast<std::int32_t>(code.number_as_int64());
  if (const bson::Element errors = reply["writeErrors"]) {
    return static_cast<std::int32_t>(
        errors.as_document().begin()->as_document()["code"].number_as_int64());
  }
  return 0;
}

void Tally::fail(const Case& one, const std::string& why) {
  (one.doubtful ? doubtful_failed_ : failed_).push_back(one.id + "  " + why);
}

void Tally::report(std::string_view what, const std::vector<std::string_view>& known) const {
  std::size_t unexpected = 0;
  for (const std::string& line : failed_) {
    const auto holds = [&line](std::string_view text) {
      return line.find(text) != std::string::npos;
    };
    if (std::ranges::any_of(known, holds)) continue;
    if (++unexpected <= 60) ADD_FAILURE() << line;
  }
  if (std::getenv("GOLDEN_DOUBTFUL") != nullptr) {
    for (const std::string& line : doubtful_failed_)
      std::cout << "  doubtful: " << line << "\n";
  }
  std::cout << what << ": " << passed_ << " as recorded, " << failed_.size() << " differ ("
            << unexpected << " unexpected); doubtful: " << doubtful_passed_ << " as recorded, "
            << doubtful_failed_.size() << " differ; " << skipped_ << " skipped\n";
}

}  // namespace freshet::query::golden

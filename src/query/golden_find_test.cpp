// SPDX-License-Identifier: Apache-2.0
// Filters, sorts and projections against replies recorded from a MongoDB server.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "bson/json.h"
#include "query/collation.h"
#include "query/golden_corpus.h"
#include "query/matcher.h"
#include "query/projection.h"
#include "query/sort.h"

namespace freshet::query {
namespace {

constexpr std::string_view kUnderstood[] = {"find", "filter", "projection", "sort",
                                            "skip", "limit",  "collation"};

bool understood(bson::View command) {
  for (const bson::Element& element : command) {
    if (std::ranges::find(kUnderstood, element.name()) == std::end(kUnderstood)) return false;
  }
  const bson::Element sort = command["sort"];
  const bool natural = sort.is_document() && sort.as_document()["$natural"];
  return command["find"].is_string() && command["find"].as_string() == "@coll" && !natural;
}

bson::View document_of(bson::View command, std::string_view name) {
  const bson::Element element = command[name];
  return element.is_document() ? element.as_document() : bson::View();
}

std::vector<std::string> run_find(bson::View command, const std::vector<std::string>& documents) {
  const auto collation = parse_collation(document_of(command, "collation"));
  const SearchScope text;  // no recorded collection has a text index
  QueryContext context;
  context.search = &text;
  context.collation = collation.get();
  const Matcher matcher(document_of(command, "filter"), context);
  const SortPattern sort(document_of(command, "sort"));
  const Projection projection(document_of(command, "projection"), ProjectionKind::Find, context,
                              &matcher);
  std::vector<std::pair<std::string, const std::string*>> rows;
  for (const std::string& document : documents) {
    if (!matcher.matches(bson::View(document))) continue;
    rows.emplace_back(sort.key(bson::View(document), collation.get()), &document);
  }
  std::ranges::stable_sort(rows, {},
                           [](const auto& row) -> const std::string& { return row.first; });
  const bson::Element skip = command["skip"];
  const bson::Element limit = command["limit"];
  std::size_t drop = skip.is_number() ? static_cast<std::size_t>(skip.number_as_int64()) : 0;
  std::int64_t keep =
      limit.is_number() && limit.number_as_int64() != 0 ? limit.number_as_int64() : 1'000'000;
  std::vector<std::string> result;
  for (const auto& row : rows) {
    if (drop > 0) {
      --drop;
    } else if (keep-- > 0) {
      result.push_back(projection.apply(bson::View(*row.second), context));
    }
  }
  return result;
}

std::string text_of(const std::vector<std::string>& documents) {
  std::string text;
  for (const std::string& document : documents)
    text += bson::to_json(bson::View(document)) + " ";
  return text.substr(0, 600);
}

std::string compare(bson::View batch, std::vector<std::string> actual, bool unordered) {
  std::vector<std::string> expected;
  for (const bson::Element& element : batch)
    expected.push_back(element.as_document().to_string());
  if (expected.size() == 101 && actual.size() > 101) actual.resize(101);
  if (unordered) {
    std::ranges::sort(expected);
    std::ranges::sort(actual);
  }
  bool equal = expected.size() == actual.size();
  for (std::size_t i = 0; equal && i < expected.size(); ++i) {
    equal = golden::same(bson::ValueView(bson::Type::Document, expected[i].data(),
                                         static_cast<std::uint32_t>(expected[i].size())),
                         bson::ValueView(bson::Type::Document, actual[i].data(),
                                         static_cast<std::uint32_t>(actual[i].size())));
  }
  return equal ? "" : "expected " + text_of(expected) + "\n     got " + text_of(actual);
}

std::string check(bson::View command, bson::View reply, const std::vector<std::string>& documents,
                  bool unordered) {
  const std::int32_t code = golden::expected_code(reply);
  try {
    const std::vector<std::string> rows = run_find(command, documents);
    if (code != 0) return fmt::format("expected error {}, got {} documents", code, rows.size());
    return compare(reply["cursor"].as_document()["firstBatch"].as_document(), rows, unordered);
  } catch (const Error& error) {
    if (code == static_cast<std::int32_t>(error.code())) return "";
    return fmt::format("expected {}, got error {} {}", code,
                       static_cast<std::int32_t>(error.code()), error.message());
  }
}

void replay(std::string_view area, const std::vector<std::string_view>& known) {
  if (!golden::available()) GTEST_SKIP() << "../shared/goldens is not here";
  golden::Tally tally;
  for (const golden::Case& one : golden::load(area)) {
    const std::vector<std::string> documents = golden::fixture_documents(one);
    auto reply = one.view()["expect"].as_document().begin();
    const bson::View commands = one.view()["commands"].as_document();
    bool all = true;
    for (const bson::Element& command : commands) {
      all = all && command.is_document() && understood(command.as_document());
    }
    if (!all || one.view()["fixture"].as_document()["options"]) {
      tally.skip();
      continue;
    }
    for (const bson::Element& command : commands) {
      const std::string problem = check(command.as_document(), reply->as_document(), documents,
                                        one.view()["unordered"].truthy());
      problem.empty() ? tally.pass(one)
                      : tally.fail(one, bson::to_json(command.as_document()) + "\n     " + problem);
      ++reply;
    }
  }
  tally.report(area, known);
}

TEST(Golden, Query) {
  replay("query",
         {"got error 51091", "got error 51108",  // bad patterns and options are errors since 4.2
          "\"$mod\"",                            // no match for what 64 bits cannot hold since 5.1
          "$geoWithin", "$jsonSchema", "$where",
          "expr-eq-ROOT"});  // object literals take any field name since 4.4
}

TEST(Golden, Find) {
  replay("find", {"find/sort-spec/a-1-5295263",
                  "find/sort-spec/a-b-1-5bf25ac"});  // '$' in sort paths: 16410 since 4.4
}

}  // namespace
}  // namespace freshet::query

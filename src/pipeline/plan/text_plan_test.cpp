// SPDX-License-Identifier: Apache-2.0
// $text through its index: the right plan, the right documents, the score wherever it is asked for.
#include <gtest/gtest.h>

#include "pipeline/plan/plan_testing.h"
#include "query/match_text.h"

namespace freshet::pipeline {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class TextPlanTest : public PlanTest {
 protected:
  std::int32_t code(const FindText& find) {
    try {
      run(find);
    } catch (const Error& error) {
      return static_cast<std::int32_t>(error.code());
    }
    return 0;
  }

  // From few words, so that searches meet them.
  std::string random_text(std::size_t words_max) {
    static constexpr const char* kWords[] = {"cat",    "Cats", "dog",   "dogs", "house",
                                             "houses", "the",  "café",  "cafe", "Running",
                                             "run",    "of",   "zürich"};
    std::string out;
    for (std::size_t i = random_.below(words_max) + 1; i > 0; --i) {
      if (!out.empty()) out += random_.below(4) == 0 ? ", " : " ";
      out += kWords[random_.below(std::size(kWords))];
    }
    return out;
  }

  std::string random_search() {
    std::string out;
    for (std::size_t i = random_.below(3) + 1; i > 0; --i) {
      const std::string text = random_text(2);
      const std::uint64_t form = random_.below(5);
      if (!out.empty()) out += ' ';
      if (form == 0) out += '-';
      out += form == 1 ? R"(\")" + text + R"(\")" : text;
    }
    return out;
  }
};

TEST_F(TextPlanTest, TheIndexFindsWhatTheFilterMatches) {
  index(R"({"key": {"a": "text", "b": "text"}, "name": "text", "weights": {"b": 3}})");
  std::vector<std::string> documents;
  for (int i = 0; i < 200; ++i) {
    documents.push_back(R"({"_id": )" + std::to_string(i) + R"(, "a": ")" + random_text(4) +
                        R"(", "b": [")" + random_text(3) + R"("]})");
    ASSERT_TRUE(insert(documents.back()).done());
  }
  const query::SearchScope scope{.index =
                                     data().catalog().latest()->find(ns())->text_index()->text};
  for (int i = 0; i < 200; ++i) {
    const std::string filter = R"({"@text": {"@search": ")" + random_search() +
                               R"(", "@caseSensitive": )" + (i % 5 == 0 ? "true" : "false") +
                               R"(, "@diacriticSensitive": )" + (i % 7 == 0 ? "true" : "false") +
                               "}}";
    const std::string bytes = filter_from_json(filter);
    const query::Matcher matcher(bson::View(bytes), {.search = &scope});
    std::vector<std::string> expected;
    for (std::size_t id = 0; id < documents.size(); ++id) {
      const std::string document = bson::from_json(documents[id]);
      if (matcher.matches(bson::View(document)))
        expected.push_back("{ \"_id\" : " + std::to_string(id) + " }");
    }
    const FindText find{.filter = filter, .sort = R"({"_id": 1})", .projection = R"({"_id": 1})"};
    EXPECT_EQ(run(find), expected) << filter;
  }
}

TEST_F(TextPlanTest, ScoresAreShownAndSortedBy) {
  index(R"({"key": {"t": "text"}, "name": "text"})");
  ASSERT_TRUE(insert(R"({"_id": 1, "t": "cat and dog"})").done());
  ASSERT_TRUE(insert(R"({"_id": 2, "t": "cat cat"})").done());
  ASSERT_TRUE(insert(R"({"_id": 3, "t": "bird bath"})").done());
  EXPECT_EQ(
      run({.filter = R"({"@text": {"@search": "cat"}})",
           .sort = R"({"s": {"$meta": "textScore"}})",
           .projection = R"({"t": 0, "s": {"$meta": "textScore"}})"}),
      (std::vector<std::string>{R"({ "_id" : 2, "s" : 1.5 })", R"({ "_id" : 1, "s" : 0.75 })"}));
  EXPECT_EQ(run({.filter = R"({"@text": {"@search": "bird"}})",
                 .projection = R"({"s": {"$meta": "textScore"}})"}),
            (std::vector<std::string>{R"({ "_id" : 3, "t" : "bird bath", "s" : 0.75 })"}));
  EXPECT_EQ(code({.sort = R"({"s": {"$meta": "textScore"}})"}), 40218);
  EXPECT_EQ(code({.projection = R"({"s": {"$meta": "textScore"}})"}), 40218);
}

TEST_F(TextPlanTest, ExplainShowsTheSearch) {
  index(R"({"key": {"t": "text"}, "name": "text"})");
  const std::string plan = explain({.filter = R"({"@text": {"@search": "cats -dogs"}})"});
  EXPECT_TRUE(has(plan, R"("stage" : "TEXT_MATCH")")) << plan;
  EXPECT_TRUE(has(plan, R"("stage" : "IXSCAN")")) << plan;
  EXPECT_TRUE(has(plan, R"("terms" : [ "cat" ], "negatedTerms" : [ "dog" ])")) << plan;
}

TEST_F(TextPlanTest, WhatStandsBeforeTheTextNeedsEquality) {
  index(R"({"key": {"n": 1, "t": "text", "m": 1}, "name": "text"})");
  ASSERT_TRUE(insert(R"({"_id": 1, "n": 1, "t": "cat"})").done());
  ASSERT_TRUE(insert(R"({"_id": 2, "n": 2, "t": "cat"})").done());
  const std::vector<std::string> second{R"({ "_id" : 2 })"};
  EXPECT_EQ(
      run({.filter = R"({"@text": {"@search": "cat"}, "n": 2})", .projection = R"({"_id": 1})"}),
      second);
  EXPECT_EQ(code({.filter = R"({"@text": {"@search": "cat"}})"}), 291);
  EXPECT_EQ(code({.filter = R"({"@text": {"@search": "cat"}, "n": {"$gt": 1}})"}), 291);
}

TEST_F(TextPlanTest, WithinAnOrEveryClauseNeedsAnIndex) {
  index(R"({"key": {"t": "text"}, "name": "text"})");
  ASSERT_TRUE(insert(R"({"_id": 1, "t": "cat"})").done());
  ASSERT_TRUE(insert(R"({"_id": 2, "t": "dog", "n": 1})").done());
  ASSERT_TRUE(insert(R"({"_id": 3, "t": "dog"})").done());
  const FindText find{.filter = R"({"$or": [{"@text": {"@search": "cat"}}, {"n": 1}]})",
                      .sort = R"({"_id": 1})",
                      .projection = R"({"_id": 1})"};
  EXPECT_EQ(code(find), 291);
  index(R"({"key": {"n": 1}, "name": "n_1"})");
  EXPECT_EQ(run(find), (std::vector<std::string>{R"({ "_id" : 1 })", R"({ "_id" : 2 })"}));
}

}  // namespace
}  // namespace freshet::pipeline

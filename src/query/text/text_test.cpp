// SPDX-License-Identifier: Apache-2.0
// Words, terms, scores, and what a search finds.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "query/match_text.h"
#include "query/matcher.h"
#include "query/test_support.h"
#include "query/text/term_scores.h"
#include "query/text/text_search.h"

namespace freshet::query {
namespace {

using test::code_of;
using test::Doc;

constexpr std::string_view kSpec =
    R"({"weights": {"t": 1, "title": 10, "l.t": 1}, "default_language": "english",
        "language_override": "language"})";

std::shared_ptr<const TextIndex> index_of(std::string_view spec = kSpec) {
  return std::make_shared<const TextIndex>(Doc(spec).view());
}

std::vector<std::string> words(std::string_view text, std::string_view language = "english") {
  std::vector<std::string> out;
  WordSplitter splitter(text, *find_text_language(language));
  while (const auto word = splitter.next())
    out.emplace_back(*word);
  return out;
}

std::string term(std::string_view word, std::string_view language = "english",
                 TextFolding folding = {}) {
  return TermMaker(*find_text_language(language), folding).term(word).value_or("(none)");
}

double score(std::string_view search, std::string_view document, TextFolding folding = {},
             std::string_view language = "english", std::string_view spec = kSpec) {
  const TextSearch text(search, *find_text_language(language), folding, index_of(spec));
  return text.score(Doc(document).view()).value_or(-1);
}

bool finds(std::string_view search, std::string_view text, TextFolding folding = {}) {
  return score(search, R"({"t": ")" + std::string(text) + R"("})", folding) >= 0;
}

TEST(TextWords, EndAtPunctuationAndSpace) {
  using List = std::vector<std::string>;
  EXPECT_EQ(words("one, two;three\tfour-five_six"),
            (List{"one", "two", "three", "four", "five_six"}));
  EXPECT_EQ(words("«était» “x” y…z"), (List{"était", "x", "y", "z"}));
  EXPECT_EQ(words("it's l'eau"), (List{"it's", "l'eau"}));
  EXPECT_EQ(words("it's l'eau", "french"), (List{"it", "s", "l", "eau"}));
  EXPECT_EQ(words(" . "), List{});
  EXPECT_EQ(words(std::string_view("a\xFF"
                                   "b")),
            (List{"a", "b"}));
}

TEST(TextTerms, AreStemmedFoldedAndWithoutMarks) {
  EXPECT_EQ(term("Running"), "run");
  EXPECT_EQ(term("Running", "none"), "running");
  EXPECT_EQ(term("the"), "(none)");
  EXPECT_EQ(term("the", "none"), "the");
  EXPECT_EQ(term("CAFÉ", "none"), "cafe");
  EXPECT_EQ(term("cafe\xCC\x81", "none"), "cafe");
  EXPECT_EQ(term("СЫРНИКИ", "russian"), term("сырники", "russian"));
  EXPECT_EQ(term("Häuser", "german"), term("Haus", "german"));
  EXPECT_EQ(term("CAFÉ", "none", {.case_sensitive = true}), "CAFE");
  EXPECT_EQ(term("CAFÉ", "none", {.diacritic_sensitive = true}), "café");
  EXPECT_EQ(term("ISI", "turkish"), term("ısı", "turkish"));
}

TEST(TextTerms, LanguagesGoByNameAndCode) {
  EXPECT_EQ(find_text_language("English"), find_text_language("en"));
  EXPECT_EQ(find_text_language("klingon"), nullptr);
  EXPECT_EQ(find_text_language(""), nullptr);
  for (const char* name :
       {"danish", "dutch", "english", "finnish", "french", "german", "hungarian", "italian",
        "norwegian", "portuguese", "romanian", "russian", "spanish", "swedish", "turkish"}) {
    EXPECT_NE(term("xyzzy", name), "(none)") << name;
  }
}

// The scores that the manual shows for its examples.
TEST(TextScores, FollowFrequencyAndLength) {
  EXPECT_DOUBLE_EQ(score("coffee", R"({"t": "coffee"})"), 1.0);
  EXPECT_DOUBLE_EQ(score("coffee", R"({"t": "Coffee Shopping"})"), 0.75);
  EXPECT_DOUBLE_EQ(score("coffee", R"({"t": "coffee and cream"})"), 0.75);
  EXPECT_DOUBLE_EQ(score("cat", R"({"t": "cat"})"), 1.1);
  EXPECT_DOUBLE_EQ(score("cat", R"({"t": "cat cat"})"), 1.5);
  EXPECT_DOUBLE_EQ(score("cat dog", R"({"t": "cat dog"})"), 1.5);
  EXPECT_DOUBLE_EQ(score("cat", R"({"title": "cat house"})"), 7.5);
  EXPECT_DOUBLE_EQ(score("cat", R"({"t": ["cat house", "cat house"]})"), 1.5);
  EXPECT_DOUBLE_EQ(score("cat", R"({"l": [{"t": "cat house"}, {"t": "dog"}]})"), 0.75);
}

TEST(TextSearch, FindsAnyWordAndEveryPhrase) {
  EXPECT_TRUE(finds("cats dogs", "a dog"));
  EXPECT_FALSE(finds("cats dogs", "a bird"));
  EXPECT_FALSE(finds("the and", "the and"));
  EXPECT_FALSE(finds("", "x"));
  EXPECT_TRUE(finds(R"("ssl certificate" key)", "an SSL certificate here"));
  EXPECT_FALSE(finds(R"("ssl certificate" key)", "an ssl key, a certificate"));
  EXPECT_FALSE(finds(R"("one two" "three four")", "one two three"));
  EXPECT_TRUE(finds(R"("one two" "three four")", "one two three four"));
  EXPECT_TRUE(finds(R"("one two)", "one two"));
}

TEST(TextSearch, LeavesOutWhatIsNegated) {
  EXPECT_FALSE(finds("coffee -shop", "coffee shopping"));
  EXPECT_TRUE(finds("coffee -shop", "coffee cream"));
  EXPECT_FALSE(finds("-shop", "coffee"));
  EXPECT_TRUE(finds("pre-market", "market"));
  EXPECT_FALSE(finds(R"(coffee -"with cream")", "coffee with cream"));
  EXPECT_TRUE(finds(R"(coffee -"with cream")", "cream with coffee"));
}

TEST(TextSearch, IsAsSensitiveAsAskedFor) {
  const TextFolding by_case{.case_sensitive = true};
  EXPECT_TRUE(finds("Coffee", "Coffee", by_case));
  EXPECT_FALSE(finds("Coffee", "coffee", by_case));
  EXPECT_FALSE(finds(R"("Black coffee")", "black coffee", by_case));
  EXPECT_TRUE(finds("coffee -Shop", "coffee shop", by_case));
  const TextFolding by_marks{.diacritic_sensitive = true};
  EXPECT_TRUE(finds("café", "cafe"));
  EXPECT_FALSE(finds("café", "cafe", by_marks));
  EXPECT_TRUE(finds("café", "CAFÉ", by_marks));
}

TEST(TextIndex, TakesTheLanguageFromTheDocument) {
  EXPECT_GE(score("ser", R"({"language": "spanish", "t": "casas", "l": [{"t": "y"}]})", {}, "none"),
            -1);
  EXPECT_GT(score("casa", R"({"language": "spanish", "t": "casas"})", {}, "spanish"), 0);
  EXPECT_GT(score("casa", R"({"l": [{"language": "es", "t": "casas"}]})", {}, "spanish"), 0);
  EXPECT_LT(score("the", R"({"t": "the"})", {}, "none"), 0);
  EXPECT_GT(score("the", R"({"language": "none", "t": "the"})", {}, "none"), 0);
  EXPECT_EQ(code_of([] { score("x", R"({"language": "klingon", "t": "x"})"); }), 17262);
  EXPECT_EQ(code_of([] { score("x", R"({"language": 7, "t": "x"})"); }), 17261);
}

TEST(TextIndex, ReadsWeightedFieldsOrAll) {
  EXPECT_LT(score("cat", R"({"other": "cat"})"), 0);
  EXPECT_LT(score("cat", R"({"t": {"x": "cat"}})"), 0);
  EXPECT_LT(score("cat", R"({"t": [["cat"]]})"), 0);
  constexpr std::string_view kAll = R"({"weights": {"$**": 1, "a.b": 3}, "default_language": "none",
                                        "language_override": "lang"})";
  EXPECT_DOUBLE_EQ(score("cat", R"({"x": [{"y": "cat"}]})", {}, "none", kAll), 1.1);
  EXPECT_DOUBLE_EQ(score("cat", R"({"a": {"b": "cat x"}})", {}, "none", kAll), 2.25);
}

class TextFilter : public testing::Test {
 protected:
  std::int32_t code(std::string_view filter) const {
    return code_of([&] { Matcher(Doc(filter).view(), context_); });
  }
  SearchScope scope_{.index = index_of()};
  QueryContext context_{.search = &scope_};
};

TEST_F(TextFilter, MatchesLikeAnyOther) {
  const Matcher matcher(Doc(R"({"$text": {"$search": "cat"}, "n": 1})").view(), context_);
  EXPECT_TRUE(matcher.matches(Doc(R"({"t": "Cats", "n": 1})").view()));
  EXPECT_FALSE(matcher.matches(Doc(R"({"t": "Cats", "n": 2})").view()));
  EXPECT_NE(find_text(matcher.root()), nullptr);
}

TEST_F(TextFilter, RefusesWithCodes) {
  EXPECT_EQ(code(R"({"$text": {"$search": "x"}})"), 0);
  EXPECT_EQ(code(R"({"$text": "x"})"), 2);
  EXPECT_EQ(code(R"({"$text": {}})"), 4);
  EXPECT_EQ(code(R"({"$text": {"$search": 1}})"), 14);
  EXPECT_EQ(code(R"({"$text": {"$search": "x", "$language": 1}})"), 14);
  EXPECT_EQ(code(R"({"$text": {"$search": "x", "$language": "klingon"}})"), 2);
  EXPECT_EQ(code(R"({"$text": {"$search": "x", "$caseSensitive": 1}})"), 14);
  EXPECT_EQ(code(R"({"$text": {"$search": "x", "more": 1}})"), 2);
  EXPECT_EQ(code(R"({"$and": [{"$text": {"$search": "x"}}, {"$text": {"$search": "y"}}]})"), 2);
  EXPECT_EQ(code(R"({"$nor": [{"$text": {"$search": "x"}}]})"), 2);
  EXPECT_EQ(code(R"({"a": {"$elemMatch": {"$text": {"$search": "x"}}}})"), 2);
  EXPECT_EQ(code_of([&] {
              Matcher(Doc(R"({"$text": {"$search": "x"}})").view(), context_, FilterOf::Parts);
            }),
            2);
  scope_.index = nullptr;
  EXPECT_EQ(code(R"({"$text": {"$search": "x"}})"), 27);
  context_.search = nullptr;
  EXPECT_EQ(code(R"({"$text": {"$search": "x"}})"), 2);
}

}  // namespace
}  // namespace freshet::query

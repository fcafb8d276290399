// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/planner.h"

#include <gtest/gtest.h>

#include "pipeline/plan/plan_testing.h"

namespace freshet::pipeline {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(PlanTest, AnIndexGivesTheOrderOfASort) {
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  for (const char* document : {R"({"_id": 1, "a": 3})", R"({"_id": 2, "a": 1})",
                               R"({"_id": 3, "a": "x"})", R"({"_id": 4})"}) {
    ASSERT_TRUE(insert(document).done());
  }
  const FindText ascending{.sort = R"({"a": 1})", .projection = R"({"_id": 1})"};
  EXPECT_FALSE(has(explain(ascending), "SORT"));
  EXPECT_TRUE(has(explain(ascending), "a_1"));
  EXPECT_EQ(run(ascending), (std::vector<std::string>{R"({ "_id" : 4 })", R"({ "_id" : 2 })",
                                                      R"({ "_id" : 1 })", R"({ "_id" : 3 })"}));
  const FindText descending{.sort = R"({"a": -1})", .projection = R"({"_id": 1})"};
  EXPECT_FALSE(has(explain(descending), "SORT"));
  EXPECT_EQ(run(descending), (std::vector<std::string>{R"({ "_id" : 3 })", R"({ "_id" : 1 })",
                                                       R"({ "_id" : 2 })", R"({ "_id" : 4 })"}));
}

TEST_F(PlanTest, AnIndexWithCutKeysGivesNoOrder) {
  index(R"({"key": {"a": 1}, "name": "a_1"})");
  // Of keys that agree in what is kept of them the order is their hashes': of sixteen some pair is
  // turned round.
  std::vector<std::string> expected;
  for (int i = 0; i < 16; ++i) {
    const std::string id = std::to_string(i);
    const std::string text = std::string(1'100, 'k') + static_cast<char>('a' + i);
    ASSERT_TRUE(insert(R"({"_id": )" + id + R"(, "a": ")" + text + "\"}").done());
    expected.push_back("{ \"_id\" : " + id + " }");
  }
  const FindText find{.sort = R"({"a": 1})", .projection = R"({"_id": 1})"};
  EXPECT_TRUE(has(explain(find), "SORT"));
  EXPECT_EQ(run(find), expected);
  reopen();
  EXPECT_EQ(run(find), expected);
  EXPECT_FALSE(has(explain({.sort = R"({"_id": 1})"}), "SORT"));
}

TEST_F(PlanTest, ALongIdGivesNoOrderEither) {
  std::vector<std::string> expected;
  for (int i = 0; i < 16; ++i) {
    const std::string text = std::string(1'100, 'k') + static_cast<char>('a' + i);
    ASSERT_TRUE(insert(R"({"_id": ")" + text + R"(", "n": )" + std::to_string(i) + "}").done());
    expected.push_back("{ \"n\" : " + std::to_string(i) + " }");
  }
  EXPECT_EQ(run({.sort = R"({"_id": 1})", .projection = R"({"_id": 0, "n": 1})"}), expected);
}

}  // namespace
}  // namespace freshet::pipeline

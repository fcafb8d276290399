// SPDX-License-Identifier: Apache-2.0
// Which way is chosen for what, and what it reads. That the answers are right is the business of
// differential_test.cpp.
#include "pipeline/plan/planner.h"

#include <gtest/gtest.h>

#include "pipeline/plan/plan_testing.h"

namespace freshet::pipeline {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class PlannerTest : public PlanTest {
 protected:
  void fill(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string n = std::to_string(i);
      ASSERT_TRUE(insert(R"({"_id": )" + n + R"(, "a": )" + std::to_string(i % 10) + R"(, "b": )" +
                         n + R"(, "c": "c)" + std::to_string(i % 3) + R"(", "d": {"e": )" + n +
                         R"(, "f": )" + n + "}}")
                      .done());
    }
  }
  /// What running the find examined.
  ExamineCounts examined(const FindText& text) {
    const auto find = find_of(text);
    const auto plan = plan_find(services(), find->spec, op_);
    while (plan->root().next(op_)) {
    }
    return plan->examined();
  }
};

TEST_F(PlannerTest, AnIndexGivesTheOrderOfASort) {
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

TEST_F(PlannerTest, AnIndexWithCutKeysGivesNoOrder) {
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

TEST_F(PlannerTest, ALongIdGivesNoOrderEither) {
  std::vector<std::string> expected;
  for (int i = 0; i < 16; ++i) {
    const std::string text = std::string(1'100, 'k') + static_cast<char>('a' + i);
    ASSERT_TRUE(insert(R"({"_id": ")" + text + R"(", "n": )" + std::to_string(i) + "}").done());
    expected.push_back("{ \"n\" : " + std::to_string(i) + " }");
  }
  EXPECT_EQ(run({.sort = R"({"_id": 1})", .projection = R"({"_id": 0, "n": 1})"}), expected);
}

TEST_F(PlannerTest, OneIdIsLookedUp) {
  fill(20);
  const FindText one{.filter = R"({"_id": 7})"};
  EXPECT_TRUE(has(explain(one), "EXPRESS_IXSCAN"));
  EXPECT_EQ(run(one).size(), 1U);
  EXPECT_EQ(examined(one).keys, 1);
  EXPECT_EQ(run({.filter = R"({"_id": 7, "a": 3})"}).size(), 0U);
  EXPECT_EQ(run({.filter = R"({"_id": {"$in": [7, 8, 100]}})"}).size(), 2U);
  EXPECT_EQ(examined({.filter = R"({"_id": {"$in": [7, 8, 100]}})"}).keys, 2);
}

TEST_F(PlannerTest, TheFewestKeysDecide) {
  index(R"({"key": {"a": 1}, "name": "tenth"})");
  index(R"({"key": {"c": 1}, "name": "third"})");
  fill(300);
  EXPECT_TRUE(has(explain({.filter = R"({"a": 3, "c": "c1"})"}), "tenth"));
  EXPECT_TRUE(has(explain({.filter = R"({"a": {"$gte": 1}, "c": "c1"})"}), "third"));
  EXPECT_EQ(examined({.filter = R"({"a": 3, "c": "c1"})"}).keys, 30);
}

TEST_F(PlannerTest, ALimitMayMakeTheOrderCheaperThanTheBounds) {
  index(R"({"key": {"c": 1}, "name": "third"})");
  index(R"({"key": {"b": 1}, "name": "ordered"})");
  fill(300);
  const FindText few{.filter = R"({"c": "c1"})", .sort = R"({"b": 1})", .limit = 3};
  EXPECT_TRUE(has(explain(few), "ordered"));
  EXPECT_LT(examined(few).documents, 20);
  const FindText all{.filter = R"({"c": "c1", "a": 1})", .sort = R"({"b": 1})"};
  EXPECT_TRUE(has(explain(all), "third"));
  EXPECT_TRUE(has(explain(all), "SORT"));
}

TEST_F(PlannerTest, ValuesOfALeadingComponentAreMergedForASort) {
  index(R"({"key": {"a": 1, "b": 1}, "name": "ab"})");
  fill(100);
  const FindText merged{
      .filter = R"({"a": {"$in": [1, 2, 3]}})", .sort = R"({"b": -1})", .limit = 4};
  EXPECT_TRUE(has(explain(merged), "SORT_MERGE"));
  EXPECT_EQ(examined(merged).documents, 6);  // four, and what two walks came to besides
  EXPECT_FALSE(has(explain({.filter = R"({"a": 1})", .sort = R"({"b": 1})"}), "SORT"));
  EXPECT_FALSE(
      has(explain({.filter = R"({"a": {"$in": [1, 2]}})", .sort = R"({"a": 1, "b": 1})"}), "SORT"));
  EXPECT_TRUE(has(explain({.filter = R"({"a": {"$gt": 1}})", .sort = R"({"b": 1})"}), "\"SORT\""));
}

TEST_F(PlannerTest, EachBranchOfAnOrHasItsIndex) {
  index(R"({"key": {"a": 1}, "name": "a"})");
  index(R"({"key": {"b": 1}, "name": "b"})");
  fill(100);
  const FindText both{.filter = R"({"$or": [{"a": 3}, {"b": {"$lt": 5}}]})"};
  EXPECT_TRUE(has(explain(both), "\"OR\""));
  EXPECT_EQ(examined(both).keys, 15);
  EXPECT_EQ(run(both).size(), 14U);
  EXPECT_TRUE(has(explain({.filter = R"({"$or": [{"a": 3}, {"x": 1}]})"}), "COLLSCAN"));
  // What stands beside it narrows every branch.
  index(R"({"key": {"c": 1, "b": 1}, "name": "cb"})");
  const FindText within{.filter = R"({"c": "c1", "$or": [{"b": 1}, {"b": {"$gt": 97}}]})"};
  EXPECT_EQ(examined(within).documents, 1);
  EXPECT_TRUE(has(explain({.filter = R"({"$or": [{"a": 3}, {"a": 5}]})"}), "[5, 5]"));
}

TEST_F(PlannerTest, EntriesAreEnoughForWhatTheyHold) {
  index(R"({"key": {"a": 1, "d.e": 1}, "name": "ade"})");
  fill(100);
  const FindText covered{.filter = R"({"a": 3})", .projection = R"({"_id": 0, "d.e": 1, "a": 1})"};
  EXPECT_TRUE(has(explain(covered), "PROJECTION_COVERED"));
  EXPECT_EQ(examined(covered).documents, 0);
  EXPECT_EQ(run(covered).front(), R"({ "a" : 3, "d" : { "e" : 3 } })");
  EXPECT_EQ(examined({.filter = R"({"a": 3})", .projection = R"({"a": 1})"}).documents, 10);
  // An entry that does not tell is no obstacle to those that do.
  ASSERT_TRUE(insert(R"({"_id": 200, "d": {"e": {"x": 1}}, "a": 3})").done());
  EXPECT_EQ(examined(covered).documents, 1);
  EXPECT_EQ(run(covered).back(), R"({ "d" : { "e" : { "x" : 1 } }, "a" : 3 })");
  // One array, and values are no longer all that there is.
  ASSERT_TRUE(insert(R"({"_id": 201, "a": [3, 4]})").done());
  EXPECT_FALSE(has(explain(covered), "PROJECTION_COVERED"));
}

TEST_F(PlannerTest, EntriesDecideWhatIsFetched) {
  index(R"({"key": {"a": 1, "b": 1}, "name": "ab"})");
  fill(100);
  const FindText modulo{.filter = R"({"a": 3, "b": {"$mod": [20, 3]}})"};
  EXPECT_EQ(examined(modulo).keys, 10);
  EXPECT_EQ(examined(modulo).documents, 5);
  EXPECT_EQ(run(modulo).size(), 5U);
}

TEST_F(PlannerTest, CountsReadEntriesOnly) {
  index(R"({"key": {"a": 1}, "name": "a"})");
  fill(100);
  const auto find = find_of({.filter = R"({"a": {"$in": [3, 4]}})"});
  find->spec.counts = true;
  const auto plan = plan_find(services(), find->spec, op_);
  int count = 0;
  while (plan->root().next(op_))
    ++count;
  EXPECT_EQ(count, 20);
  EXPECT_EQ(plan->examined().documents, 0);
}

TEST_F(PlannerTest, DifferentValuesAreSkippedTo) {
  index(R"({"key": {"a": 1, "b": 1}, "name": "ab"})");
  fill(100);
  ASSERT_TRUE(insert(R"({"_id": 200, "a": null})").done());
  ASSERT_TRUE(insert(R"({"_id": 201})").done());
  const auto find = find_of({});
  find->spec.distinct = "a";
  const auto plan = plan_find(services(), find->spec, op_);
  int count = 0;
  while (plan->root().next(op_))
    ++count;
  EXPECT_EQ(count, 11);
  EXPECT_LE(plan->examined().keys, 12);
  EXPECT_EQ(plan->examined().documents, 0);
}

TEST_F(PlannerTest, ElementMatchBindsComponentsTogether) {
  index(R"({"key": {"t.x": 1, "t.y": 1}, "name": "txy"})");
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(
        insert(R"({"t": [{"x": 1, "y": )" + std::to_string(i) + R"(}, {"x": 2, "y": 7}]})").done());
  }
  EXPECT_EQ(examined({.filter = R"({"t": {"$elemMatch": {"x": 1, "y": 7}}})"}).keys, 1);
  EXPECT_EQ(examined({.filter = R"({"t.x": 1, "t.y": 7})"}).keys, 20);
  EXPECT_EQ(run({.filter = R"({"t.x": 1, "t.y": 7})"}).size(), 20U);
  EXPECT_EQ(
      examined({.filter = R"({"t": {"$elemMatch": {"x": 1, "y": {"$gt": 3, "$lt": 6}}}})"}).keys,
      2);
}

TEST_F(PlannerTest, HintsNameIndexesOrNone) {
  index(R"({"key": {"a": 1}, "name": "a"})");
  index(R"({"key": {"b": 1}, "name": "hidden", "hidden": true})");
  index(R"({"key": {"$**": 1}, "name": "wild"})");
  fill(20);
  const auto with = [this](std::string_view hint_json, const char* filter = "{}") {
    const auto find = find_of({.filter = filter});
    const std::string hint = bson::from_json(hint_json);
    find->spec.hint = bson::View(hint)["h"];
    find->spec.telling = Telling::Plan;
    bson::Builder out;
    StageText text(out, false);
    plan_find(services(), find->spec, op_)->explain(text);
    const std::string bytes = out.take();
    return bson::to_json(bson::View(bytes));
  };
  EXPECT_TRUE(has(with(R"({"h": "a"})"), "IXSCAN"));
  EXPECT_TRUE(has(with(R"({"h": {"a": 1}})"), "IXSCAN"));
  EXPECT_TRUE(has(with(R"({"h": {"$natural": -1}})", R"({"a": 1})"), "backward"));
  EXPECT_TRUE(has(with(R"({"h": "wild"})", R"({"a": 1})"), "$_path"));
  using enum ErrorCode;
  EXPECT_EQ(collection::code_of([&] { (void)with(R"({"h": "none"})"); }), BadValue);
  EXPECT_EQ(collection::code_of([&] { (void)with(R"({"h": "hidden"})"); }), BadValue);
  EXPECT_EQ(collection::code_of([&] { (void)with(R"({"h": "wild"})"); }), NoQueryExecutionPlans);
}

TEST_F(PlannerTest, WildcardIndexesServePaths) {
  index(R"({"key": {"$**": 1}, "name": "wild"})");
  fill(100);
  const FindText one{.filter = R"({"d.e": {"$gte": 90}})"};
  EXPECT_TRUE(has(explain(one), R"("keyPattern" : { "$_path" : 1, "d.e" : 1 })"));
  EXPECT_EQ(examined(one).keys, 10);
  EXPECT_FALSE(has(explain({.filter = R"({"d.e": 5})", .sort = R"({"d.e": 1})"}), "\"SORT\""));
  EXPECT_TRUE(has(explain({.filter = R"({"d.e": null})"}), "COLLSCAN"));
  EXPECT_TRUE(has(explain({.filter = R"({"d": {"e": 5, "f": 5}})"}), "COLLSCAN"));
  EXPECT_TRUE(has(explain({.filter = R"({"d": {"$exists": true}})"}), "wild"));
}

TEST_F(PlannerTest, UsesAreCounted) {
  index(R"({"key": {"a": 1}, "name": "a"})");
  fill(10);
  (void)run({.filter = R"({"a": 3})"});
  (void)run({.filter = R"({"a": 3})"});
  (void)explain({.filter = R"({"a": 3})"});
  EXPECT_EQ(collection()->find_index("a")->runtime->uses.load(), 2);
}

TEST_F(PlannerTest, APlanEndsWhenItsIndexIsDropped) {
  index(R"({"key": {"a": 1}, "name": "a"})");
  index(R"({"key": {"b": 1}, "name": "other"})");
  fill(10);
  const auto find = find_of({.filter = R"({"a": {"$gt": 1}})"});
  const auto plan = plan_find(services(), find->spec, op_);
  ASSERT_TRUE(plan->root().next(op_));
  plan->root().save();
  const std::string name = bson::from_json(R"({"other": "other", "own": "a"})");
  data().ddl().drop_indexes(ns(), bson::View(name)["other"]);
  EXPECT_EQ(collection::code_of([&] { (void)plan->open_reader(); }), ErrorCode::OK);
  data().ddl().drop_indexes(ns(), bson::View(name)["own"]);
  EXPECT_EQ(collection::code_of([&] { (void)plan->open_reader(); }), ErrorCode::QueryPlanKilled);
}

}  // namespace
}  // namespace freshet::pipeline

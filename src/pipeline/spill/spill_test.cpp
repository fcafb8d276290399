// SPDX-License-Identifier: Apache-2.0
// Stages that outgrow their memory give the same as those that do not, leave no files, and fail
// with 292 where they may not use the disk.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "pipeline/spill/sorter.h"
#include "pipeline/stages/testing.h"

namespace freshet::pipeline {
namespace {

using testing::run_over;

class SpillTest : public ::testing::Test {
 protected:
  SpillTest()
      : directory_(std::filesystem::temp_directory_path() /
                   fmt::format("freshet_spill_{}", ::getpid())),
        area_(directory_.string(), std::uint64_t{1} << 30) {}
  ~SpillTest() override { std::filesystem::remove_all(directory_); }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory_), {}));
  }
  SpillPolicy small() { return {.area = &area_, .allowed = true, .stage_bytes_max = 2'000}; }

  static std::vector<std::string> documents(int count) {
    SeededRandom random(5);
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) {
      out.push_back(fmt::format(R"({{"_id": {}, "k": {}, "v": {}, "s": "{}"}})", i,
                                random.next() % 37, static_cast<int>(random.next() % 1000) - 500,
                                std::string(random.next() % 20, 'x')));
    }
    return out;
  }

  void expect_same(std::string_view pipeline) {
    const std::vector<std::string> input = documents(700);
    const std::string in_memory = run_over(input, pipeline);
    EXPECT_EQ(run_over(input, pipeline, small()), in_memory) << pipeline;
    EXPECT_EQ(
        run_over(input, pipeline, {.area = &area_, .allowed = false, .stage_bytes_max = 2'000}),
        "error 292")
        << pipeline;
    EXPECT_EQ(run_over(input, pipeline, {.area = nullptr, .stage_bytes_max = 2'000}), "error 292")
        << pipeline;
    EXPECT_EQ(area_.bytes_used(), 0U);
    EXPECT_EQ(files(), 0U);
  }

  const std::filesystem::path directory_;
  SpillArea area_;
};

TEST_F(SpillTest, Sort) {
  expect_same(R"([{"$sort": {"k": -1, "v": 1}}])");
  expect_same(R"([{"$sort": {"k": 1}}, {"$limit": 500}])");
}

TEST_F(SpillTest, Group) {
  // Every accumulator goes to disk in the middle of its work.
  expect_same(R"([{"$group": {"_id": "$k", "sum": {"$sum": "$v"}, "avg": {"$avg": "$v"},
      "min": {"$min": "$v"}, "max": {"$max": "$s"}, "first": {"$first": "$_id"},
      "last": {"$last": "$_id"}, "push": {"$push": "$v"}, "n": {"$count": {}},
      "firstN": {"$firstN": {"input": "$v", "n": 3}}, "lastN": {"$lastN": {"input": "$v", "n": 3}},
      "maxN": {"$maxN": {"input": "$v", "n": 2}},
      "top": {"$top": {"sortBy": {"v": 1, "_id": 1}, "output": "$_id"}},
      "bottomN": {"$bottomN": {"n": 2, "sortBy": {"v": 1, "_id": 1}, "output": "$_id"}},
      "median": {"$median": {"input": "$v", "method": "approximate"}},
      "merged": {"$mergeObjects": {"a": "$v"}}}},
      {"$sort": {"_id": 1}}])");
  expect_same(
      R"([{"$group": {"_id": "$k", "set": {"$addToSet": "$v"}, "dev": {"$stdDevSamp": "$v"}}},
      {"$project": {"set": {"$sortArray": {"input": "$set", "sortBy": 1}},
                    "dev": {"$round": ["$dev", 6]}}}, {"$sort": {"_id": 1}}])");
}

TEST_F(SpillTest, OtherStages) {
  expect_same(R"([{"$bucketAuto": {"groupBy": "$v", "buckets": 7}}])");
  expect_same(
      R"([{"$bucketAuto": {"groupBy": {"$abs": "$v"}, "buckets": 5, "granularity": "R5"}}])");
  expect_same(R"([{"$facet": {"a": [{"$count": "n"}], "b": [{"$match": {"k": 3}}]}}])");
  expect_same(R"([{"$setWindowFields": {"partitionBy": "$k", "sortBy": {"v": 1, "_id": 1}, "output":
      {"s": {"$sum": "$v", "window": {"documents": [-3, 1]}}, "r": {"$documentNumber": {}}}}}])");
  expect_same(R"([{"$densify": {"field": "v", "range": {"step": 3, "bounds": "full"}}}])");
}

TEST_F(SpillTest, FilesAreBounded) {
  SpillArea tiny(directory_.string(), 10'000);
  const SpillPolicy policy{.area = &tiny, .stage_bytes_max = 2'000};
  EXPECT_EQ(run_over(documents(700), R"([{"$sort": {"k": 1}}])", policy), "error 14031");
  EXPECT_EQ(tiny.bytes_used(), 0U);
}

TEST_F(SpillTest, LeftoversGoAtTheStart) {
  std::filesystem::create_directories(directory_);
  { std::unique_ptr<SpillFile> file = area_.create(); }
  const std::string left = (directory_ / "spill-left").string();
  fclose(fopen(left.c_str(), "w"));
  ASSERT_EQ(files(), 1U);
  const SpillArea again(directory_.string(), 1 << 20);
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpillTest, EqualKeysKeepTheirOrder) {
  const SystemClock clock;
  Operation op(clock, 1, std::make_shared<ClientInfo>());
  Sorter sorter("test", small());
  for (int i = 0; i < 1'000; ++i)
    sorter.add(i % 2 == 0 ? "a" : "b", std::to_string(i));
  sorter.finish(op);
  ASSERT_TRUE(sorter.spilled());
  for (int i = 0; i < 1'000; ++i) {
    const auto row = sorter.next(op);
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->payload, std::to_string(i < 500 ? 2 * i : 2 * (i - 500) + 1));
  }
  EXPECT_FALSE(sorter.next(op).has_value());
}

}  // namespace
}  // namespace freshet::pipeline

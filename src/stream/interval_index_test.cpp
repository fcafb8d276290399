// SPDX-License-Identifier: Apache-2.0
// The tree finds the intervals that a search over all of them finds, whatever comes and goes.
#include "stream/interval_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"

namespace freshet::stream {
namespace {

using Index = IntervalIndex<std::uint64_t>;
using Found = std::vector<std::uint64_t>;

Found find(const Index& index, std::string_view low, std::string_view high) {
  Found found;
  index.find(low, high, [&](std::uint64_t value) { found.push_back(value); });
  std::ranges::sort(found);
  return found;
}

TEST(IntervalIndexTest, HoldsTheBeginButNotTheEnd) {
  Index index;
  index.add("b", "d", 1);
  index.add("", "b", 2);
  EXPECT_EQ(find(index, "a", "a"), Found{2});
  EXPECT_EQ(find(index, "b", "b"), Found{1});
  EXPECT_EQ(find(index, "czzz", "czzz"), Found{1});
  EXPECT_EQ(find(index, "d", "d"), Found{});
  EXPECT_EQ(find(index, "a", "b"), (Found{1, 2}));
}

TEST(IntervalIndexTest, FindsTwoBoundsThatAreMetApart) {
  Index index;
  index.add("m", "c", 1);  // something from m on, and something before c
  EXPECT_EQ(find(index, "b", "n"), Found{1});
  EXPECT_EQ(find(index, "b", "l"), Found{});
  EXPECT_EQ(find(index, "c", "n"), Found{});
  EXPECT_EQ(find(index, "f", "f"), Found{});
}

TEST(IntervalIndexTest, HoldsTheSameSeveralTimes) {
  Index index;
  for (int i = 0; i < 3; ++i)
    index.add("a", "b", 7);
  index.remove("a", "b", 7);
  index.remove("a", "b", 8);
  EXPECT_EQ(find(index, "a", "a"), (Found{7, 7}));
  index.remove("a", "b", 7);
  index.remove("a", "b", 7);
  EXPECT_TRUE(index.empty());
}

TEST(IntervalIndexTest, SearchesFewOfMany) {
  Index index;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const std::string begin = std::to_string(100'000 + i);
    index.add(begin, begin + "~", i);
  }
  EXPECT_LE(index.height(), 20);  // 1.45 log2 of as many, rounded up
  EXPECT_EQ(find(index, "105000", "105000"), Found{5'000});
  for (std::uint64_t i = 0; i < 10'000; i += 2) {
    const std::string begin = std::to_string(100'000 + i);
    index.remove(begin, begin + "~", i);
  }
  EXPECT_LE(index.height(), 18);
  EXPECT_EQ(find(index, "105000", "105001"), Found{5'001});
}

struct Interval {
  std::string begin;
  std::string end;
  std::uint64_t value;
};

Found brute_force(const std::vector<Interval>& intervals, std::string_view low,
                  std::string_view high) {
  Found found;
  for (const Interval& one : intervals) {
    if (one.begin <= high && low < one.end) found.push_back(one.value);
  }
  std::ranges::sort(found);
  return found;
}

TEST(IntervalIndexTest, FindsWhatBruteForceFinds) {
  SystemRandom system;
  const std::uint64_t seed = system.next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (const std::size_t wanted : {3U, 30U, 300U}) {
    Index index;
    std::vector<Interval> intervals;
    const auto key = [&] {
      std::string text;
      for (std::uint64_t i = random.below(3); i-- > 0;)
        text.push_back(static_cast<char>(0x7E + random.below(4)));  // around the sign of a char
      return text;
    };
    for (int step = 0; step < 3'000; ++step) {
      if (intervals.empty() || random.below(2 * wanted) >= intervals.size()) {
        intervals.push_back({key(), key(), random.below(4)});
        const Interval& one = intervals.back();
        index.add(one.begin, one.end, one.value);
      } else {
        std::swap(intervals[random.below(intervals.size())], intervals.back());
        const Interval& one = intervals.back();
        index.remove(one.begin, one.end, one.value);
        intervals.pop_back();
      }
      std::string low = key();
      std::string high = random.below(2) == 0 ? low : key();
      if (high < low) std::swap(low, high);
      ASSERT_EQ(find(index, low, high), brute_force(intervals, low, high)) << "step " << step;
    }
    for (const Interval& one : intervals)
      index.remove(one.begin, one.end, one.value);
    ASSERT_TRUE(index.empty());
  }
}

}  // namespace
}  // namespace freshet::stream

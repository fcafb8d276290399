// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/new_keys.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <string>

namespace freshet::commit {
namespace {

using storage::Space;
using storage::SpaceKind;

constexpr Space kSpace{SpaceKind::Index, 20};

bool is_new(NewKeys& keys, KeyMark& mark, Space space, const std::string& key) {
  return keys.put(mark, space, key) == NewKeys::Answer::New;
}

std::string key_of(std::size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

TEST(NewKeys, SaysOnceThatAKeyIsNew) {
  NewKeys keys;
  KeyMark mark;
  EXPECT_EQ(keys.put(mark, kSpace, "b"), NewKeys::Answer::NotBegun);
  keys.begin(mark, {});
  EXPECT_TRUE(is_new(keys, mark, kSpace, "b"));
  EXPECT_FALSE(is_new(keys, mark, kSpace, "b"));
  EXPECT_TRUE(is_new(keys, mark, kSpace, "a"))
      << "the order of keys does not matter above the floor";
}

TEST(NewKeys, KeysUpToTheFloorMayBeThere) {
  NewKeys keys;
  KeyMark mark;
  keys.begin(mark, "k");
  EXPECT_FALSE(is_new(keys, mark, kSpace, "j"));
  EXPECT_FALSE(is_new(keys, mark, kSpace, "k"));
  EXPECT_TRUE(is_new(keys, mark, kSpace, "l"));
  keys.begin(mark, "");
  EXPECT_FALSE(is_new(keys, mark, kSpace, "j")) << "it had begun";
}

TEST(NewKeys, SpacesDoNotKnowEachOthersKeys) {
  NewKeys keys;
  KeyMark mark;
  KeyMark other;
  keys.begin(mark, {});
  keys.begin(other, {});
  EXPECT_TRUE(is_new(keys, mark, kSpace, "a"));
  EXPECT_TRUE(is_new(keys, other, {SpaceKind::Index, 21}, "a"));
}

TEST(NewKeys, AKeyPutAgainIsRememberedAsLongAsItsMarkSays) {
  NewKeys keys(2);
  KeyMark mark;
  KeyMark other;
  keys.begin(mark, {});
  keys.begin(other, {});
  EXPECT_TRUE(is_new(keys, mark, kSpace, "m"));
  EXPECT_TRUE(is_new(keys, mark, kSpace, "a"));
  EXPECT_FALSE(is_new(keys, mark, kSpace, "m"));  // the second generation begins
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_TRUE(is_new(keys, other, {SpaceKind::Index, 21}, key_of(i)));
  EXPECT_FALSE(is_new(keys, mark, kSpace, "m")) << "forgotten, so below the floor";
  EXPECT_TRUE(is_new(keys, mark, kSpace, "n"));
}

/// Whatever is put when, by how many spaces: what is called new was never put.
TEST(NewKeys, NeverCallsAKeyNewThatWasPut) {
  std::mt19937 random(11);
  std::size_t called_new = 0;
  for (int round = 0; round < 200; ++round) {
    NewKeys keys(1 + random() % 20);
    std::array<KeyMark, 3> marks;
    std::array<std::set<std::string>, 3> put;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      for (std::size_t k = random() % 30; k > 0; --k)
        put[i].insert(key_of(random() % 100));
      keys.begin(marks[i], put[i].empty() ? std::string() : *put[i].rbegin());
    }
    for (std::size_t step = 0; step < 600; ++step) {
      const std::size_t space = random() % (1 + random() % 3);
      const std::string key = key_of(step + random() % 50);
      const bool was_there = !put[space].insert(key).second;
      const bool called = is_new(keys, marks[space], {SpaceKind::Index, 20 + space}, key);
      ASSERT_FALSE(called && was_there) << "round " << round << ", step " << step;
      called_new += called;
    }
  }
  EXPECT_GT(called_new, 10'000U) << "little was tested";
}

}  // namespace
}  // namespace freshet::commit

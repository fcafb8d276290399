// SPDX-License-Identifier: Apache-2.0
// A tree against a std::map given the same edits, and old versions against what they were.
#include "storage/memory/tree.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.h"

namespace freshet::memory {
namespace {

using Model = std::map<std::string, std::string>;

std::string random_key(Random& random) {
  return std::to_string(random.below(400));
}

void expect_same(const Tree& tree, const Model& model) {
  TreeCursor cursor(tree);
  cursor.seek_at_least("");
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : model) {
    ASSERT_TRUE(cursor.valid());
    ASSERT_EQ(cursor.entry().key, key);
    ASSERT_EQ(cursor.entry().value, value);
    bytes += key.size() + value.size();
    cursor.next();
  }
  ASSERT_FALSE(cursor.valid());
  ASSERT_EQ(tree.bytes(), bytes);
  cursor.seek_before("~", false);
  for (auto at = model.rbegin(); at != model.rend(); ++at) {
    ASSERT_TRUE(cursor.valid());
    ASSERT_EQ(cursor.entry().key, at->first);
    cursor.previous();
  }
  ASSERT_FALSE(cursor.valid());
}

class TreeTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(TreeTest, EveryVersionStaysWhatItWas) {
  SeededRandom random(GetParam());
  Tree tree;
  Model model;
  std::vector<std::pair<Tree, Model>> versions;
  for (std::uint64_t edit = 1; edit <= 120; ++edit) {
    TreeEditor editor(tree, edit, edit << 20);
    for (std::uint64_t i = random.below(12); i > 0; --i) {
      const std::string key = random_key(random);
      if (random.below(3) > 0) {
        editor.put(key, "v" + std::to_string(edit));
        model[key] = "v" + std::to_string(edit);
      } else {
        editor.erase(key);
        model.erase(key);
      }
    }
    if (random.below(10) == 0) {
      const std::string begin = random_key(random);
      const std::string end = random_key(random);
      editor.erase_between(begin, end);
      if (begin < end) model.erase(model.lower_bound(begin), model.lower_bound(end));
    }
    tree = editor.take();
    if (edit % 7 == 0) versions.emplace_back(tree, model);
  }
  expect_same(tree, model);
  for (const auto& [old_tree, old_model] : versions)
    expect_same(old_tree, old_model);
}

TEST_P(TreeTest, SeeksAndCountsLikeAMap) {
  SeededRandom random(GetParam());
  TreeEditor editor(Tree{}, 1, 1);
  Model model;
  for (int i = 0; i < 200; ++i) {
    const std::string key = random_key(random);
    editor.put(key, std::string(random.below(9), 'x'));
  }
  const Tree tree = editor.take();
  TreeCursor all(tree);
  for (all.seek_at_least(""); all.valid(); all.next())
    model[all.entry().key] = all.entry().value;
  for (int i = 0; i < 200; ++i) {
    const std::string key = random_key(random);
    TreeCursor cursor(tree);
    cursor.seek_at_least(key);
    const auto at_least = model.lower_bound(key);
    ASSERT_EQ(cursor.valid(), at_least != model.end());
    if (cursor.valid()) {
      ASSERT_EQ(cursor.entry().key, at_least->first);
    }
    cursor.seek_before(key, true);
    auto upto = model.upper_bound(key);
    ASSERT_EQ(cursor.valid(), upto != model.begin());
    if (cursor.valid()) {
      ASSERT_EQ(cursor.entry().key, (--upto)->first);
    }
    const std::string end = random_key(random);
    std::uint64_t bytes = 0;
    for (const auto& [k, v] : model)
      bytes += k >= key && k < end ? k.size() + v.size() : 0;
    ASSERT_EQ(tree.bytes_between(key, end), bytes);
    ASSERT_EQ(tree.find(key) != nullptr, model.count(key) == 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TreeTest, ::testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace freshet::memory

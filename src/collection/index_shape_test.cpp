// SPDX-License-Identifier: Apache-2.0
// What an index knows of its keys: known before a key can be seen, stored with the first such key.
#include <gtest/gtest.h>

#include "collection/testing.h"

namespace freshet::collection {
namespace {

class IndexShapeTest : public DataTest {
 protected:
  IndexShapeTest() { index(R"({"key": {"a.b": 1, "c": 1}, "name": "wanted"})"); }

  static std::string with_long_text(int id) {
    return R"({"_id": )" + std::to_string(id) + R"(, "c": ")" + std::string(1'200, 'x') + "\"}";
  }
  catalog::IndexPtr wanted() {
    for (const catalog::IndexPtr& each : collection()->indexes) {
      if (each->name == "wanted") return each;
    }
    return nullptr;
  }
  /// A unit with one insert, not committed.
  WriteUnit begin_insert(const std::string& json) {
    const std::string given = bson_of(json);
    WriteUnit unit = data().begin();
    Writer writer(unit, unit.catalog().find(ns()), data().write_context());
    EXPECT_TRUE(writer.insert(bson::View(given)).done());
    return unit;
  }
};

TEST_F(IndexShapeTest, ACutKeyIsKnownAndStoredForEver) {
  ASSERT_TRUE(insert(R"({"_id": 1, "c": "short"})").done());
  EXPECT_FALSE(wanted()->has_cut_keys());
  ASSERT_TRUE(insert(with_long_text(2)).done());
  EXPECT_TRUE(wanted()->has_cut_keys());
  EXPECT_FALSE(collection()->id_index()->has_cut_keys());
  ASSERT_TRUE(remove("2").done());
  reopen();
  EXPECT_TRUE(wanted()->has_cut_keys());
  EXPECT_FALSE(collection()->id_index()->has_cut_keys());
}

TEST_F(IndexShapeTest, AnUpdateCutsKeysToo) {
  ASSERT_TRUE(insert(R"({"_id": 1, "c": "short"})").done());
  ASSERT_TRUE(update("1", R"({"$set": {"c": ")" + std::string(1'200, 'x') + "\"}}").done());
  reopen();
  EXPECT_TRUE(wanted()->has_cut_keys());
}

TEST_F(IndexShapeTest, ItIsKnownBeforeTheCommitAndStoredOnlyByIt) {
  {
    const WriteUnit dropped = begin_insert(with_long_text(1));
    EXPECT_TRUE(wanted()->has_cut_keys());  // before anybody can see the key
  }
  reopen();
  EXPECT_FALSE(wanted()->has_cut_keys());  // nothing was committed
}

TEST_F(IndexShapeTest, EachOfTwoOpenWritersStoresIt) {
  {
    const WriteUnit dropped = begin_insert(with_long_text(1));
    WriteUnit other = begin_insert(with_long_text(2));
    EXPECT_EQ(other.commit().status, commit::CommitStatus::Committed);
  }
  reopen();
  EXPECT_TRUE(wanted()->has_cut_keys());
}

TEST_F(IndexShapeTest, ARollbackToASavepointForgetsThatItWasStored) {
  const std::string given = bson_of(with_long_text(1));
  WriteUnit unit = data().begin();
  Writer writer(unit, unit.catalog().find(ns()), data().write_context());
  const WriteUnit::Savepoint before = unit.savepoint();
  ASSERT_TRUE(writer.insert(bson::View(given)).done());
  unit.rollback_to(before);
  const std::string other = bson_of(R"({"_id": 2})");
  ASSERT_TRUE(writer.insert(bson::View(other)).done());
  EXPECT_EQ(unit.commit().status, commit::CommitStatus::Committed);
  ASSERT_TRUE(insert(with_long_text(3)).done());
  reopen();
  EXPECT_TRUE(wanted()->has_cut_keys());
}

TEST_F(IndexShapeTest, ArraysAreToldApartByTheirPlaceInThePath) {
  const auto arrays = [this](std::size_t component) {
    return wanted()->runtime->known.arrays[component].load();
  };
  EXPECT_FALSE(wanted()->multikey());
  ASSERT_TRUE(insert(R"({"a": [{"b": 1}], "c": 1})").done());
  EXPECT_EQ(arrays(0), 1U);
  EXPECT_EQ(arrays(1), 0U);
  ASSERT_TRUE(insert(R"({"a": {"b": [1, 2]}})").done());
  EXPECT_EQ(arrays(0), 3U);
  ASSERT_TRUE(insert(R"({"c": []})").done());
  EXPECT_EQ(arrays(1), 1U);
  reopen();
  EXPECT_EQ(arrays(0), 3U);
  EXPECT_EQ(arrays(1), 1U);
  EXPECT_FALSE(collection()->id_index()->multikey());
}

TEST_F(IndexShapeTest, ANumberThatIsBothPlaceAndFieldIsRefused) {
  index(R"({"key": {"t.0": 1}, "name": "place"})");
  ASSERT_TRUE(insert(R"({"t": [5, {"1": 2}]})").done());
  EXPECT_EQ(code_of([&] { (void)insert(R"({"t": [5, {"0": 2}]})"); }), location(16746));
}

}  // namespace
}  // namespace freshet::collection

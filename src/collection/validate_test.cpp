// SPDX-License-Identifier: Apache-2.0
// validate finds what is done to the stored bytes behind its back.
#include "collection/validate.h"

#include <gtest/gtest.h>

#include "collection/index_cursor.h"
#include "collection/testing.h"
#include "collection/wildcard_keys.h"

namespace freshet::collection {
namespace {

class ValidateTest : public DataTest {
 protected:
  ValidateTest() {
    index(R"({"key": {"a": 1}, "name": "a"})");
    index(R"({"key": {"u": 1}, "name": "u", "unique": true})");
    index(R"({"key": {"$**": 1}, "name": "w"})");
    for (const char* document : {R"({"_id": 1, "a": 1, "u": 1})", R"({"_id": 2, "a": 2, "u": 2})",
                                 R"({"_id": 3, "a": [3, 4], "u": 3})"}) {
      EXPECT_TRUE(insert(document).done());
    }
  }

  ValidateResult validated() {
    const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
    const catalog::CollectionPtr held = collection();
    return validate(*snapshot, *held, nullptr);
  }
  /// The first entry of an index that is not a note.
  std::string first_entry(const char* name) {
    const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
    const catalog::CollectionPtr held = collection();
    const IndexCursor cursor(*snapshot, *held->find_index(name), {});
    return std::string(cursor.entry());
  }
  void put(storage::Space space, std::string key, std::string value) {
    commit::Transaction transaction = data().commits().begin();
    transaction.put_unshared(space, std::move(key), std::move(value));
    EXPECT_EQ(data().commits().commit(std::move(transaction)).status,
              commit::CommitStatus::Committed);
  }
  void erase(storage::Space space, std::string key) {
    commit::Transaction transaction = data().commits().begin();
    EXPECT_EQ(transaction.erase(space, std::move(key)), commit::HoldOutcome::Held);
    EXPECT_EQ(data().commits().commit(std::move(transaction)).status,
              commit::CommitStatus::Committed);
  }
  storage::Space space_of(const char* name) { return collection()->find_index(name)->space(); }
};

TEST_F(ValidateTest, NothingIsWrong) {
  const ValidateResult result = validated();
  EXPECT_TRUE(result.valid());
  EXPECT_EQ(result.documents, 3);
  EXPECT_EQ(result.keys_per_index.at("a"), 4);
  EXPECT_EQ(result.keys_per_index.at("w"), 7);
}

TEST_F(ValidateTest, AMissingKey) {
  erase(space_of("a"), first_entry("a"));
  const ValidateResult result = validated();
  EXPECT_FALSE(result.valid());
  EXPECT_EQ(result.wrong_indexes, std::set<std::string>{"a"});
  ASSERT_EQ(result.missing_keys.size(), 1U);
  EXPECT_EQ(bson::to_json(bson::View(result.missing_keys[0].id)), R"({ "_id" : 1 })");
  EXPECT_EQ(bson::to_json(bson::View(result.missing_keys[0].key)), R"({ "a" : 1 })");
}

TEST_F(ValidateTest, AKeyOfNoDocument) {
  put(space_of("a"), first_entry("a").substr(0, 2) + record_key(RecordId{77}), "");
  const ValidateResult result = validated();
  EXPECT_EQ(result.wrong_indexes, std::set<std::string>{"a"});
  ASSERT_EQ(result.extra_keys.size(), 1U);
  EXPECT_EQ(result.extra_keys[0].record, 77U);
  EXPECT_TRUE(result.extra_keys[0].id.empty());
}

TEST_F(ValidateTest, AnotherRecordsUniqueKey) {
  put(space_of("u"), first_entry("u"), record_key(RecordId{2}));
  EXPECT_EQ(validated().wrong_indexes, std::set<std::string>{"u"});
}

TEST_F(ValidateTest, TypesThatAreNotTheDocuments) {
  put(space_of("a"), first_entry("a"), std::string("\0\2", 2));
  EXPECT_EQ(validated().wrong_indexes, std::set<std::string>{"a"});
}

TEST_F(ValidateTest, AnArrayThatIsNotNoted) {
  erase(space_of("w"), array_note_key("a"));
  EXPECT_EQ(validated().wrong_indexes, std::set<std::string>{"w"});
}

TEST_F(ValidateTest, ARecordThatIsNoDocument) {
  put(collection()->space(), record_key(RecordId{1}), "nonsense");
  const ValidateResult result = validated();
  EXPECT_EQ(result.invalid_documents, 1);
  EXPECT_FALSE(result.valid());
}

}  // namespace
}  // namespace freshet::collection

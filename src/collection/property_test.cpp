// SPDX-License-Identifier: Apache-2.0
// Random writes over many kinds of indexes: afterwards an index range gives what a scan gives, the
// log folds into the documents, and a restart changes nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bson/builder.h"
#include "bson/compare.h"
#include "bson/key.h"
#include "bson/value.h"
#include "collection/index_keys.h"
#include "collection/testing.h"
#include "collection/ttl.h"

namespace freshet::collection {
namespace {

class PropertyTest : public DataTest {
 protected:
  void make_indexes() {
    for (const char* spec : {
             R"({"key": {"a": 1}, "name": "a_1"})",
             R"({"key": {"a": -1, "b.c": 1}, "name": "ab"})",
             R"({"key": {"b.c": 1}, "name": "bc", "sparse": true})",
             R"({"key": {"u": 1}, "name": "u", "unique": true, "sparse": true})",
             R"({"key": {"p": 1}, "name": "p", "partialFilterExpression": {"a": {"$gt": 2}}})",
             R"({"key": {"s": "hashed"}, "name": "s"})",
             R"({"key": {"s": -1}, "name": "s_-1"})",
             R"({"key": {"s": "hashed", "p": -1}, "name": "sp", "collation": {"locale": "en"}})",
             R"({"key": {"p": 1, "u": -1, "_id": 1}, "name": "pu"})",
             R"({"key": {"$**": 1}, "name": "all"})",
             R"({"key": {"b.$**": 1}, "name": "below_b"})",
             R"({"key": {"p": -1, "$**": 1, "u": 1}, "name": "some",
                 "wildcardProjection": {"a": 1, "b": 1}})",
         }) {
      index(spec);
    }
  }

  std::uint64_t below(std::uint64_t bound) { return chance_.below(bound); }

  void add_scalar(bson::Builder& out, std::string_view name) {
    switch (below(6)) {
      case 0:
        out.add_null(name);
        break;
      case 1:
        out.add(name, static_cast<double>(below(8)) / 2);
        break;
      case 2:
        out.add(name, static_cast<std::int64_t>(below(8)));
        break;
      case 3:
        out.add(name, std::string(below(2) == 0 ? 3 : 1500, static_cast<char>('a' + below(3))));
        break;
      default:
        out.add(name, static_cast<std::int32_t>(below(8)));
    }
  }

  std::string random_document(std::int32_t id) {
    bson::Builder out;
    out.add("_id", id);
    if (below(4) == 0) {
      out.open_array("a");
      for (std::uint64_t i = below(4); i > 0; --i)
        out.push(static_cast<std::int32_t>(below(8)));
      out.close();
    } else if (below(5) != 0) {
      add_scalar(out, "a");
    }
    if (below(3) == 0) {
      out.open_document("b").add("c", static_cast<std::int32_t>(below(5))).close();
    } else if (out.size_bytes() < 40 && below(2) == 0) {
      out.open_array("b");
      for (std::uint64_t i = below(3); i > 0; --i) {
        out.push_document().add("c", static_cast<std::int32_t>(below(5))).close();
      }
      out.close();
    }
    if (below(2) == 0) out.add("u", static_cast<std::int32_t>(below(40)));
    add_scalar(out, "p");
    out.add("s", std::string(below(2) == 0 ? 2 : 1200, static_cast<char>('a' + below(2))) +
                     std::to_string(below(5)));
    return out.take();
  }

  WriteStatus put(std::int32_t id) {
    const std::string document = random_document(id);
    try {
      const WriteOutcome outcome = write("test.c", [&](Writer& writer, WriteUnit& unit) {
        bson::Builder wrapped;
        wrapped.add("_id", id);
        const std::string id_bytes = wrapped.take();
        const auto record =
            find_by_id(unit.transaction(), *collection(), bson::View(id_bytes)["_id"]);
        if (!record) return writer.insert(bson::View(document));
        const auto before =
            get_document(unit.transaction(), store_, *collection(), *record).value();
        if (below(3) == 0) return writer.remove(*record, bson::View(before));
        query::UpdateOutcome change;
        change.changed = true;
        change.document = document;
        change.log_object = document;
        change.is_replacement = true;
        return writer.update(*record, bson::View(before), change);
      });
      return outcome.status;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::CannotIndexParallelArrays) << error.message();
      return WriteStatus::Changed;
    }
  }

  /// Records with an entry in [from, to] of the first component, by index.
  std::set<std::uint64_t> by_index(const storage::Reader& reader,
                                   const catalog::IndexDefinition& wanted, std::int32_t from,
                                   std::int32_t to) {
    std::string low;
    std::string high;
    append_index_value(low, wanted, 0, bson::Value::int32(from));
    append_index_value(high, wanted, 0, bson::Value::int32(to));
    if (wanted.parts[0].descending()) std::swap(low, high);
    std::set<std::uint64_t> found;
    IndexCursor cursor(reader, wanted, {low, bson::prefix_end(high)},
                       below(2) == 0 ? storage::Direction::Forward : storage::Direction::Backward);
    for (; cursor.valid(); cursor.next())
      found.insert(value_of(cursor.record()));
    return found;
  }

  static bool in_range(bson::ValueView value, std::int32_t from, std::int32_t to) {
    if (value.is_array()) {
      for (const bson::Element& element : value.as_document()) {
        if (in_range(element, from, to)) return true;
      }
      return false;
    }
    return value.is_number() && value.number_as_double() >= from && value.number_as_double() <= to;
  }

  void compare_ranges() {
    const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
    for (const char* name : {"a_1", "ab", "u"}) {
      const catalog::CollectionPtr held = collection();
      const catalog::IndexDefinition* wanted = held->find_index(name);
      ASSERT_NE(wanted, nullptr);
      for (std::int32_t from = 0; from < 8; ++from) {
        const auto to = static_cast<std::int32_t>(from + static_cast<std::int32_t>(below(4)));
        std::set<std::uint64_t> scanned;
        RecordCursor cursor(*snapshot, store_, *held);
        for (; cursor.valid(); cursor.next()) {
          if (in_range(cursor.document()[wanted->parts[0].path], from, to)) {
            scanned.insert(value_of(cursor.id()));
          }
        }
        EXPECT_EQ(by_index(*snapshot, *wanted, from, to), scanned)
            << name << " " << from << " " << to;
      }
    }
  }

  SeededRandom chance_{20'240'601};
};

TEST_F(PropertyTest, IndexesAgreeWithScansAndTheLog) {
  data().ddl().ensure_collection(ns());
  make_indexes();
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 300; ++i) {
      const WriteStatus status = put(static_cast<std::int32_t>(below(60)));
      EXPECT_NE(status, WriteStatus::Conflict);
    }
    expect_consistent();
    compare_ranges();
    if (round == 2) data().checkpoint();
    if (round % 2 == 1) {
      reopen();
      expect_consistent();
    }
    if (HasFailure()) return;
  }
}

TEST_F(PropertyTest, BuildingOverExistingDocumentsGivesTheSameIndex) {
  data().ddl().ensure_collection(ns());
  for (int i = 0; i < 700; ++i)
    (void)put(static_cast<std::int32_t>(below(600)));
  try {
    make_indexes();
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::DuplicateKey ||
                error.code() == ErrorCode::CannotIndexParallelArrays)
        << error.message();
  }
  expect_consistent();
  for (const catalog::IndexPtr& each : collection()->indexes)
    EXPECT_FALSE(each->building);
  reopen();
  expect_consistent();
}

TEST_F(PropertyTest, ExpiredDocumentsAreDeleted) {
  index(R"({"key": {"at": -1}, "name": "at", "expireAfterSeconds": 10})");
  const std::int64_t now = clock_.wall_ms();
  for (int i = 0; i < 20; ++i) {
    bson::Builder out;
    out.add("_id", std::int32_t{i}).add_date("at", now - i * 1'000);
    const std::string document = out.take();
    ASSERT_TRUE(write("test.c", [&](Writer& writer, WriteUnit&) {
                  return writer.insert(bson::View(document));
                }).done());
  }
  ASSERT_TRUE(insert(R"({"_id": "no date", "at": 5})").done());
  EXPECT_EQ(delete_expired(data(), now), 10U);
  EXPECT_EQ(documents().size(), 11U);
  EXPECT_EQ(delete_expired(data(), now), 0U);
  expect_consistent();
}

}  // namespace
}  // namespace freshet::collection

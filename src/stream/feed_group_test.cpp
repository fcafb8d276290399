// SPDX-License-Identifier: Apache-2.0
// The index over filters finds every feed that brute force finds, and few others.
#include "stream/feed_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "base/random.h"
#include "bson/json.h"
#include "oplog/entry.h"

namespace freshet::stream {
namespace {

DefinitionPtr define(const std::string& filter, const StreamOptions& options = {},
                     const std::string& collation = "{}") {
  const std::string stages =
      bson::from_json("{\"p\": [{\"$changeStream\": {}}, {\"$match\": " + filter + "}]}");
  const std::string order = bson::from_json(collation);
  return Definition::parse({.scope = Scope(Scope::Level::Collection, {"db", "c"}, false),
                            .options = options,
                            .stages = bson::View(stages)["p"].as_document(),
                            .collation = collation == "{}" ? bson::View() : bson::View(order)});
}

/// Feeds and the group that holds them.
struct Feeds {
  Feed& add(DefinitionPtr definition) {
    all.push_back(std::make_unique<Feed>(all.size(), std::move(definition), Position{}));
    group.add(*all.back());
    return *all.back();
  }
  std::vector<Feed*> find(const oplog::EntryView& entry) {
    EventCache events;
    std::vector<Feed*> found;
    ChangeReader changes(entry);
    while (const std::optional<Change> change = changes.next())
      group.find(*change, events, found);
    return found;
  }

  FeedGroup group;
  std::vector<std::unique_ptr<Feed>> all;
};

commit::PendingEntry insert_of(const std::string& document) {
  const std::string bytes = bson::from_json(document);
  return oplog::make_insert({}, {"db.c", model::Uuid{"0123456789abcdef"}}, bson::View(bytes));
}

std::size_t found_for(Feeds& feeds, const std::string& document) {
  const commit::PendingEntry entry = insert_of(document);
  return feeds.find(oplog::EntryView::parse(entry.bytes)).size();
}

TEST(FeedGroupTest, AsksOnlyWhoWantsTheValue) {
  Feeds feeds;
  for (int i = 0; i < 1'000; ++i)
    feeds.add(define("{\"fullDocument.k\": " + std::to_string(i) + "}"));
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 7})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 7.0})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": [7, 8, -1]})"), 2U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": "7"})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1})"), 0U);
}

TEST(FeedGroupTest, AsksOnlyOneOfManyKindsOfFilters) {
  Feeds feeds;
  for (
      const char* filter :
      {R"({"operationType": "delete"})", R"({"documentKey._id": 2})",
       R"({"operationType": "insert", "fullDocument.a.b": {"$in": [1, "x"]}})",
       R"({"$or": [{"fullDocument.a": 1}, {"documentKey._id": {"$eq": 5}}]})",
       R"({"$expr": {"$eq": ["$fullDocument.z", 1]}})",
       R"({"$expr": {"$and": [{"$gt": ["$fullDocument.q", 1]}, {"$in": ["$fullDocument.z", [1]]}]}})",
       R"({"updateDescription.updatedFields.a": 3})"}) {
    ASSERT_TRUE(feeds.add(define(filter)).definition()->anchors()) << filter;
  }
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "a": 2})"), 0U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 2, "a": 2})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 5, "a": {"b": "x"}})"), 2U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "a": 1})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "z": 1})"), 2U);
}

TEST(FeedGroupTest, AsksWhoDoesNotTellByEquality) {
  for (const char* filter :
       {"{}", R"({"fullDocument.a": null})", R"({"fullDocument.a": {"$in": [1, null]}})",
        R"({"fullDocument.a": {"$gt": 1}})", R"({"fullDocument.a": {"$ne": 1}})",
        R"({"fullDocument.a": [1]})", R"({"fullDocument.a": {"b": 1}})",
        R"({"$or": [{"fullDocument.a": 1}, {"fullDocument.b": {"$exists": true}}]})",
        R"({"$nor": [{"fullDocument.a": 1}]})", R"({"$expr": {"$eq": ["$fullDocument.a", "$x"]}})",
        R"({"$expr": {"$eq": ["$$ROOT", 1]}})"}) {
    EXPECT_FALSE(define(filter)->anchors()) << filter;
  }
  EXPECT_FALSE(
      define(R"({"fullDocument.a": "x"})", {}, R"({"locale": "en", "strength": 1})")->anchors());
}

TEST(FeedGroupTest, AsksEverybodyAboutWhatEndsStreams) {
  Feeds feeds;
  feeds.add(define(R"({"fullDocument.k": 1})"));
  const std::string drop = bson::from_json(R"({"drop": "c"})");
  const commit::PendingEntry entry =
      oplog::make_command({}, "db", model::Uuid{"0123456789abcdef"}, bson::View(drop));
  EXPECT_EQ(feeds.find(oplog::EntryView::parse(entry.bytes)).size(), 1U);
}

TEST(FeedGroupTest, ForgetsWhoLeaves) {
  Feeds feeds;
  const char* filters[] = {R"({"fullDocument.k": {"$in": [1, 1.0, 2]}})",
                           R"({"fullDocument.k": 1})", "{}"};
  for (const char* filter : filters)
    feeds.add(define(filter));
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 2})"), 2U);
  feeds.group.remove(*feeds.all[0]);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 2})"), 1U);
  EXPECT_EQ(found_for(feeds, R"({"_id": 1, "k": 1})"), 2U);
  feeds.group.remove(*feeds.all[2]);
  feeds.group.remove(*feeds.all[1]);
  EXPECT_TRUE(feeds.group.empty());
}

// --- against brute force ---

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string filter(int depth = 0) {
    switch (random_.below(depth > 2 ? 5 : 9)) {
      case 0:
        return R"({"operationType": )" + any({R"("insert")", R"("update")", R"("delete")"}) + "}";
      case 1:
        return "{" + path() + ": {\"$in\": [" + operand() + ", " + operand() + "]}}";
      case 2:
        return "{" + path() + ": {" + any({R"("$gt")", R"("$ne")", R"("$eq")"}) + ": " + operand() +
               "}}";
      case 5:
        return "{\"$and\": [" + filter(depth + 1) + ", " + filter(depth + 1) + "]}";
      case 6:
        return "{\"$or\": [" + filter(depth + 1) + ", " + filter(depth + 1) + "]}";
      case 7:
        return "{\"$nor\": [" + filter(depth + 1) + "]}";
      case 8:
        return "{\"$expr\": {\"$eq\": [\"$" + path().substr(1) + ", " + operand() + "]}}";
      default:
        return "{" + path() + ": " + operand() + "}";
    }
  }

  StreamOptions options() {
    StreamOptions options;
    if (random_.below(4) == 0) options.full_document = FullDocument::UpdateLookup;
    if (random_.below(6) == 0) options.before_change = FullDocumentBeforeChange::WhenAvailable;
    options.show_expanded_events = random_.below(4) == 0;
    options.show_raw_update_description = random_.below(8) == 0;
    return options;
  }

  std::string collation() {
    return random_.below(5) == 0 ? R"({"locale": "en", "strength": 1})" : "{}";
  }

  commit::PendingEntry entry() {
    const oplog::EntryTarget target{"db.c", model::Uuid{"0123456789abcdef"}};
    const std::string document = bson::from_json(this->document());
    const bson::ValueView id = bson::View(document)["_id"].value();
    const std::string diff = bson::from_json(R"({"$v": 2, "diff": {"u": {"a": )" + value() +
                                             R"(, "b": )" + value() + "}}}");
    switch (random_.below(5)) {
      case 0:
        return oplog::make_update({}, target, bson::View(diff), id, 0, nullptr);
      case 1:
        return oplog::make_update({}, target, bson::View(document), id, 0, nullptr);
      case 2:
        return oplog::make_delete({}, target, id, 0, nullptr);
      default:
        return oplog::make_insert({}, target, bson::View(document));
    }
  }

 private:
  std::string any(std::initializer_list<const char*> choices) {
    return *(choices.begin() + random_.below(choices.size()));
  }

  std::string path() {
    return any({R"("fullDocument.a")", R"("fullDocument.a.b")", R"("fullDocument.a.0")",
                R"("fullDocument.b")", R"("documentKey._id")", R"("documentKey._id.a")",
                R"("documentKey.a")", R"("ns.coll")", R"("fullDocument")",
                R"("updateDescription.updatedFields.a")", R"("updateDescription.removedFields")"});
  }

  std::string value() {
    return any({"1", "2", "1.0", R"({"$numberLong": "1"})", R"({"$numberDecimal": "1"})",
                R"({"$numberDouble": "NaN"})", "null", "true", R"("x")", R"("X")", R"("c")", "[]",
                "[1, 2]", R"([[1], "x", null])", R"({"b": 1})", R"([{"b": 1}, {"b": [2, "x"]}])",
                R"({"$date": {"$numberLong": "1"}})", R"({"$undefined": true})",
                R"({"$binary": {"base64": "AQ==", "subType": "00"}})"});
  }

  /// What a filter may compare to.
  std::string operand() {
    std::string operand = value();
    while (operand.find("undefined") != std::string::npos)
      operand = value();
    return operand;
  }

  std::string document() {
    const std::string id = any({"1", "2", R"("x")", R"({"a": 1})", "1.0"});
    std::string out = "{\"_id\": " + id;
    if (random_.below(4) != 0) out += ", \"a\": " + value();
    if (random_.below(2) != 0) out += ", \"b\": " + value();
    return out + "}";
  }

  SeededRandom random_;
};

TEST(FeedGroupTest, FindsEveryFeedThatBruteForceFinds) {
  SystemRandom system;
  const std::uint64_t seed = system.next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Generator generator(seed);
  std::size_t concerned = 0;
  std::size_t told_at_once = 0;
  for (int round = 0; round < 40; ++round) {
    Feeds feeds;
    std::vector<std::string> filters;
    for (int i = 0; i < 60; ++i) {
      filters.push_back(generator.filter());
      feeds.add(define(filters.back(), generator.options(), generator.collation()));
    }
    for (int i = 0; i < 50; ++i) {
      const commit::PendingEntry bytes = generator.entry();
      const oplog::EntryView entry = oplog::EntryView::parse(bytes.bytes);
      const std::vector<Feed*> found = feeds.find(entry);
      EventCache events;
      for (std::size_t f = 0; f < feeds.all.size(); ++f) {
        Feed* feed = feeds.all[f].get();
        const std::optional<Change> change = ChangeReader(entry).next();
        ASSERT_TRUE(change);
        const bool may_pass = feed->definition()->may_pass(*change);
        if (!may_pass) ++told_at_once;
        if (!feed->definition()->concerned(entry, events)) continue;
        ++concerned;
        ASSERT_TRUE(may_pass) << filters[f] << " misses " << bson::to_json(entry.document);
        ASSERT_NE(std::ranges::find(found, feed), found.end())
            << filters[f] << " misses " << bson::to_json(entry.document);
      }
    }
  }
  EXPECT_GT(concerned, 1'000U);
  EXPECT_GT(told_at_once, 1'000U);
}

}  // namespace
}  // namespace freshet::stream

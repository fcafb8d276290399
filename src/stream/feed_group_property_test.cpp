// SPDX-License-Identifier: Apache-2.0
// Against brute force: the index over filters finds every feed that a write concerns, whatever its
// filter asks and whatever the write holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <memory>

#include "base/random.h"
#include "stream/feed_group_testing.h"

namespace freshet::stream {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string filter(int depth = 0) {
    switch (random_.below(depth > 2 ? 8 : 12)) {
      case 0:
        return R"({"operationType": )" + any({R"("insert")", R"("update")", R"("delete")"}) + "}";
      case 1:
        return "{" + path() + ": {\"$in\": [" + operand() + ", " + any_of(operand(), regex()) +
               "]}}";
      case 2:
        return "{" + path() + ": " + bounds() + "}";
      case 3:
        return "{" + path() + ": {\"$elemMatch\": " + bounds() + "}}";
      case 4:
        return "{" + path() + ": " + regex() + "}";
      case 5:
        return "{\"$expr\": " + expression(depth) + "}";
      case 8:
        return "{\"$and\": [" + filter(depth + 1) + ", " + filter(depth + 1) + "]}";
      case 9:
        return "{\"$or\": [" + filter(depth + 1) + ", " + filter(depth + 1) + "]}";
      case 10:
        return "{\"$nor\": [" + filter(depth + 1) + "]}";
      case 11: {
        const std::string one = path();
        return "{\"$and\": [{" + one + ": " + bounds() + "}, {" + one + ": " + bounds() + "}]}";
      }
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

  std::size_t below(std::size_t bound) { return random_.below(bound); }

 private:
  std::string any(std::initializer_list<const char*> choices) {
    return *(choices.begin() + random_.below(choices.size()));
  }

  std::string any_of(std::string left, std::string right) {
    return random_.below(2) == 0 ? std::move(left) : std::move(right);
  }

  std::string bound() {
    return any({R"("$gt")", R"("$gte")", R"("$lt")", R"("$lte")"}) + ": " + operand();
  }
  std::string bounds() {
    if (random_.below(8) == 0) return "{\"$ne\": " + operand() + "}";
    if (random_.below(2) == 0) return "{" + bound() + "}";
    return any_of("{\"$gte\": ", "{\"$gt\": ") + operand() + any_of(", \"$lt\": ", ", \"$lte\": ") +
           operand() + "}";
  }

  std::string regex() {
    return R"({"$regularExpression": {"pattern": )" +
           any({R"("^x")", R"("^x\\.y")", R"("^xy?")", R"("y")", R"("^X")", R"("^x|c")",
                R"("^")"}) +
           R"(, "options": )" + any({R"("")", R"("")", R"("i")", R"("s")"}) + "}}";
  }

  std::string expression(int depth) {
    switch (random_.below(depth > 2 ? 3 : 5)) {
      case 3:
        return "{\"$and\": [" + expression(depth + 1) + ", " + expression(depth + 1) + "]}";
      case 4:
        return "{\"$or\": [" + expression(depth + 1) + ", " + expression(depth + 1) + "]}";
      default:
        break;
    }
    const std::string field = "\"$" + path().substr(1);
    const std::string constant = "{\"$literal\": " + operand() + "}";
    const std::string plain = any_of(scalar(), constant);
    const std::string pair = any_of(field + ", " + plain, plain + ", " + field);
    return "{" + any({R"("$gt")", R"("$gte")", R"("$lt")", R"("$lte")", R"("$eq")"}) + ": [" +
           pair + "]}";
  }

  std::string path() {
    return any({R"("fullDocument.a")", R"("fullDocument.a.b")", R"("fullDocument.a.0")",
                R"("fullDocument.b")", R"("documentKey._id")", R"("documentKey._id.a")",
                R"("documentKey.a")", R"("ns.coll")", R"("fullDocument")", R"("collectionUUID")",
                R"("fullDocumentBeforeChange.a")", R"("updateDescription.updatedFields.a")",
                R"("updateDescription.removedFields")"});
  }

  std::string scalar() {
    return any({"1",
                "2",
                "1.5",
                "-0.0",
                R"({"$numberLong": "1"})",
                R"({"$numberLong": "9007199254740993"})",
                "9007199254740992.0",
                R"({"$numberDecimal": "1"})",
                R"({"$numberDecimal": "1.50000000000000000000000001"})",
                R"({"$numberDecimal": "-Infinity"})",
                R"({"$numberDecimal": "NaN"})",
                R"({"$numberDouble": "NaN"})",
                R"({"$numberDouble": "Infinity"})",
                "true",
                "false",
                R"("x")",
                R"("X")",
                R"("c")",
                R"("")",
                R"("x\u0000y")",
                R"("xy")",
                R"("x.y")",
                R"({"$date": {"$numberLong": "1"}})",
                R"({"$date": {"$numberLong": "-1"}})",
                R"({"$timestamp": {"t": 1, "i": 2}})",
                R"({"$oid": "0123456789abcdef01234567"})",
                R"({"$binary": {"base64": "AQ==", "subType": "00"}})",
                R"({"$binary": {"base64": "AQI=", "subType": "04"}})"});
  }

  std::string value() {
    if (random_.below(3) != 0) return scalar();
    return any({"null", "[]", "[1, 2]", "[0, 9]", R"([[1], "x", null])", "[[1, 2], [3]]",
                R"(["w", "xz", 5])", R"({"b": 1})", R"({"b": [0, 9]})", R"({"c": 1})",
                R"([{"b": 1}, {"b": [2, "x"]}])", R"([{"b": 0}, {"b": 9}])", R"([{"c": 1}])",
                R"([[{"b": 1}]])", R"({"$undefined": true})", R"({"$minKey": 1})",
                R"({"$maxKey": 1})", R"({"$symbol": "x"})",
                R"({"$regularExpression": {"pattern": "^x", "options": ""}})"});
  }

  /// What a filter may compare to.
  std::string operand() {
    std::string operand = value();
    while (operand.find("undefined") != std::string::npos ||
           operand.find("regular") != std::string::npos) {
      operand = value();
    }
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

/// What came out of holding the index against brute force.
struct Tally {
  std::size_t asked = 0;         // feeds × writes
  std::size_t spared = 0;        // by the index
  std::size_t told_at_once = 0;  // by may_pass()
  std::size_t concerned = 0;     // by brute force
};

void check(const Feeds& feeds, const std::vector<std::string>& filters,
           const std::vector<Feed*>& found, const oplog::EntryView& entry, Tally& tally) {
  EventCache events;
  const std::optional<Change> change = ChangeReader(entry).next();
  ASSERT_TRUE(change);
  for (std::size_t f = 0; f < feeds.all.size(); ++f) {
    Feed* feed = feeds.all[f].get();
    const bool is_found = std::ranges::find(found, feed) != found.end();
    const bool may_pass = feed->definition()->may_pass(*change);
    ++tally.asked;
    if (!is_found) ++tally.spared;
    if (!may_pass) ++tally.told_at_once;
    if (!feed->definition()->concerned(entry, events)) continue;
    ++tally.concerned;
    ASSERT_TRUE(may_pass) << filters[f] << " misses " << bson::to_json(entry.document);
    ASSERT_TRUE(is_found) << filters[f] << " misses " << bson::to_json(entry.document);
  }
}

TEST(FeedGroupPropertyTest, FindsEveryFeedThatBruteForceFinds) {
  SystemRandom system;
  const std::uint64_t seed = system.next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Generator generator(seed);
  Tally tally;
  for (int round = 0; round < 80; ++round) {
    Feeds feeds;
    std::vector<std::string> filters;
    for (int i = 0; i < 60; ++i) {
      filters.push_back(generator.filter());
      feeds.add(define(filters.back(), generator.options(), generator.collation()));
    }
    for (int i = 0; i < 50; ++i) {
      Feed& moved = *feeds.all[generator.below(feeds.all.size())];
      feeds.group.remove(moved);
      feeds.group.add(moved);
      const commit::PendingEntry bytes = generator.entry();
      const oplog::EntryView entry = oplog::EntryView::parse(bytes.bytes);
      check(feeds, filters, feeds.find(entry), entry, tally);
      if (HasFatalFailure()) return;
    }
    for (const auto& feed : feeds.all)
      feeds.group.remove(*feed);
    ASSERT_TRUE(feeds.group.empty());
  }
  EXPECT_GT(tally.concerned, tally.asked / 100);
  EXPECT_GT(tally.told_at_once, tally.asked / 10);
  EXPECT_GT(tally.spared, tally.asked / 4);
}

}  // namespace
}  // namespace freshet::stream

// SPDX-License-Identifier: Apache-2.0
// Updates against replies recorded from a MongoDB server: resulting documents, codes, and that the
// delta of each update turns the old document into the new one.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/json.h"
#include "query/delta.h"
#include "query/golden_corpus.h"
#include "query/matcher.h"
#include "query/update.h"

namespace freshet::query {
namespace {

constexpr std::string_view kCommandFields[] = {"update", "updates", "writeConcern"};
constexpr std::string_view kStatementFields[] = {"q", "u", "multi", "upsert", "arrayFilters"};

template <std::size_t N>
bool only(bson::View document, const std::string_view (&names)[N]) {
  for (const bson::Element& element : document) {
    if (std::ranges::find(names, element.name()) == std::end(names)) return false;
  }
  return true;
}

bool understood(bson::View command) {
  if (command["drop"] || (command["find"] && !command["filter"].as_document()["$expr"]))
    return true;
  const bson::Element concern = command["writeConcern"];
  if (concern && !(concern.is_document() && concern.as_document()["w"].is_string())) return false;
  if (!command["update"] || !only(command, kCommandFields) || !command["updates"].is_array())
    return false;
  for (const bson::Element& statement : command["updates"].as_document()) {
    if (!statement.is_document() || !only(statement.as_document(), kStatementFields)) return false;
    const bson::View fields = statement.as_document();
    if (!fields["q"].is_document() || !(fields["u"].is_document() || fields["u"].is_array()))
      return false;
    const bson::Element filters = fields["arrayFilters"];
    if (filters && !filters.is_array()) return false;
  }
  return true;
}

/// A collection in memory, `_id` unique, in the order of insertion.
class Collection {
 public:
  explicit Collection(std::vector<std::string> documents) : documents_(std::move(documents)) {}

  void update(bson::View statement) {
    QueryContext context;
    context.now_ms = 1'700'000'000'000;
    const Matcher matcher(statement["q"].as_document(), context);
    const bson::Element filters = statement["arrayFilters"];
    const Update update(statement["u"], filters ? filters.as_document() : bson::View(), context);
    bool any = false;
    for (std::string& document : documents_) {
      MatchDetails details;
      if (!matcher.matches(bson::View(document), &details)) continue;
      any = true;
      ++matched;
      const UpdateOutcome outcome = update.apply(bson::View(document), details, context);
      check_log(document, outcome);
      modified += outcome.changed ? 1 : 0;
      if (outcome.changed) log.push_back(outcome);
      if (outcome.changed) document = outcome.document;
      if (!statement["multi"].truthy()) break;
    }
    if (any || !statement["upsert"].truthy()) return;
    insert(update.upsert_document(matcher, context));
  }

  const std::vector<std::string>& documents() const { return documents_; }
  /// Log objects of the updates that changed something, in order.
  std::vector<UpdateOutcome> log;
  int matched = 0;
  int modified = 0;

 private:
  void insert(std::string document) {
    const bson::Element id = bson::View(document)["_id"];
    if (!id) {
      bson::Builder out;
      out.add_object_id("_id", std::string(12, 'o')).add_all(bson::View(document));
      document = out.take();
    }
    for (const std::string& other : documents_) {
      if (id && bson::equal(bson::View(other)["_id"], id))
        raise(ErrorCode::DuplicateKey, "duplicate");
    }
    documents_.push_back(std::move(document));
  }

  static void check_log(const std::string& before, const UpdateOutcome& outcome) {
    if (!outcome.changed || outcome.is_replacement) return;
    const bson::View diff = bson::View(outcome.log_object)["diff"].as_document();
    EXPECT_EQ(bson::to_json(bson::View(outcome.document)),
              bson::to_json(bson::View(apply_diff(bson::View(before), diff))))
        << bson::to_json(diff);
    EXPECT_EQ(outcome.document, apply_diff(bson::View(before), diff));
  }

  std::vector<std::string> documents_;
};

std::string check_update(bson::View command, bson::View reply, Collection& collection) {
  const std::int32_t code = golden::expected_code(reply);
  collection.matched = 0;
  collection.modified = 0;
  try {
    for (const bson::Element& statement : command["updates"].as_document())
      collection.update(statement.as_document());
  } catch (const Error& error) {
    if (code == static_cast<std::int32_t>(error.code())) return "";
    return fmt::format("expected {}, got error {} {}", code,
                       static_cast<std::int32_t>(error.code()), error.message());
  }
  if (code != 0) return fmt::format("expected error {}, got none", code);
  const std::int64_t modified = reply["nModified"].number_as_int64();
  return modified == collection.modified
             ? ""
             : fmt::format("expected nModified {}, got {}", modified, collection.modified);
}

std::string check_find(bson::View command, bson::View reply, const Collection& collection) {
  QueryContext context;
  const Matcher matcher(command["filter"].as_document(), context);
  std::vector<std::string> rows;
  for (const std::string& document : collection.documents()) {
    if (matcher.matches(bson::View(document))) rows.push_back(document);
  }
  std::ranges::stable_sort(rows, [](const std::string& a, const std::string& b) {
    return bson::compare(bson::View(a)["_id"], bson::View(b)["_id"]) < 0;
  });
  std::string got;
  std::string expected;
  std::size_t index = 0;
  bool equal = true;
  for (const bson::Element& element : reply["cursor"].as_document()["firstBatch"].as_document()) {
    expected += bson::to_json(element.value()) + " ";
    if (index >= rows.size()) {
      equal = false;
      break;
    }
    const std::string& row = rows[index++];
    const bson::ValueView actual(bson::Type::Document, row.data(),
                                 static_cast<std::uint32_t>(row.size()));
    equal = equal && golden::same(element, actual);
  }
  for (const std::string& row : rows)
    got += bson::to_json(bson::View(row)) + " ";
  return equal && index == rows.size() ? "" : "expected " + expected + "\n     got      " + got;
}

TEST(Golden, Update) {
  if (!golden::available()) GTEST_SKIP() << "../shared/goldens is not here";
  golden::Tally tally;
  for (const golden::Case& one : golden::load("update")) {
    const bson::View commands = one.view()["commands"].as_document();
    bool all = !one.view()["fixture"].as_document()["indexes"] &&
               !one.view()["fixture"].as_document()["options"];
    for (const bson::Element& command : commands) {
      all = all && command.is_document() && understood(command.as_document());
    }
    if (!all) {
      tally.skip();
      continue;
    }
    Collection collection(golden::fixture_documents(one));
    auto reply = one.view()["expect"].as_document().begin();
    for (const bson::Element& element : commands) {
      const bson::View command = element.as_document();
      const std::string problem = command["update"]
                                      ? check_update(command, reply->as_document(), collection)
                                      : check_find(command, reply->as_document(), collection);
      ++reply;
      if (problem.empty()) {
        tally.pass(one);
      } else {
        tally.fail(one, bson::to_json(commands.begin()->as_document()) + "\n     " + problem);
        break;
      }
    }
  }
  tally.report("update", {"set-order/array-10-9",  // numeric names go by their value since 5.0
                          "\"$mod\"",              // NaN has no remainder since 5.1
                          "\"$pull\" : { \"a\" : { \"$eq\"", "\"$text\"",
                          "update/replace/multi"});  // the command's check
}

/// One event as recorded, and what the log says.
std::string check_event(bson::View event, const UpdateOutcome& outcome) {
  const bool replaced = event["operationType"].as_string() == "replace";
  if (replaced != outcome.is_replacement)
    return replaced ? "expected replace, got update" : "expected update, got replace";
  if (replaced) return "";
  const bson::View log(outcome.log_object);
  const std::string description = describe_diff(log["diff"].as_document(), false);
  const bson::View expected = event["updateDescription"].as_document();
  const std::string problem = "expected " + bson::to_json(expected) + "\n     got      " +
                              bson::to_json(bson::View(description));
  const bson::View updated = bson::View(description)["updatedFields"].as_document();
  if (updated.count() != expected["updatedFields"].as_document().count()) return problem;
  for (const bson::Element& element : expected["updatedFields"].as_document()) {
    if (!golden::same(element, updated[element.name()])) return problem;
  }
  std::set<std::string_view> removed;
  for (const bson::Element& element : expected["removedFields"].as_document())
    removed.insert(element.as_string());
  std::size_t count = 0;
  for (const bson::Element& element : bson::View(description)["removedFields"].as_document()) {
    if (removed.contains(element.as_string())) ++count;
  }
  const std::size_t got = bson::View(description)["removedFields"].as_document().count();
  return count == removed.size() && got == count ? "" : problem;
}

/// Cases of the form: open a stream, update existing documents, drain it.
bool is_simple_stream(bson::View commands) {
  std::size_t index = 0;
  for (const bson::Element& element : commands) {
    const bson::View command = element.as_document();
    const bool fits = index == 0   ? static_cast<bool>(command["@do"])
                      : index == 1 ? command["update"] && understood(command)
                                   : static_cast<bool>(command["@drain"]);
    if (!fits) return false;
    ++index;
  }
  return index == 3;
}

TEST(Golden, UpdateDescriptions) {
  if (!golden::available()) GTEST_SKIP() << "../shared/goldens is not here";
  golden::Tally tally;
  for (const golden::Case& one : golden::load("changes")) {
    const bson::View commands = one.view()["commands"].as_document();
    const bool update = one.id.starts_with("changes/update-") && is_simple_stream(commands);
    if (!update) {
      tally.skip();
      continue;
    }
    Collection collection(golden::fixture_documents(one));
    const bson::View command = commands["1"].as_document();
    std::string problem =
        check_update(command, one.view()["expect"].as_document()["1"].as_document(), collection);
    std::size_t index = 0;
    const bson::View drained = one.view()["expect"].as_document()["2"].as_document();
    for (const bson::Element& event : drained["events"].as_document()) {
      const std::string_view type = event.as_document()["operationType"].as_string();
      if (type != "update" && type != "replace") continue;
      if (problem.empty() && index >= collection.log.size()) problem = "an event more was recorded";
      if (problem.empty()) problem = check_event(event.as_document(), collection.log[index++]);
    }
    problem.empty() ? tally.pass(one)
                    : tally.fail(one, bson::to_json(command) + "\n     " + problem);
  }
  tally.report("changes", {"\"$mod\"", "update-replace/multi", "\"$pull\" : { \"a\" : { \"$eq\"",
                           "\"$unset\""});  // an unset element is an update to null since 5.0
}

}  // namespace
}  // namespace freshet::query

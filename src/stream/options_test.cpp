// SPDX-License-Identifier: Apache-2.0
#include "stream/options.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "bson/json.h"
#include "stream/scope.h"

namespace freshet::stream {
namespace {

StreamOptions parse(const std::string& json) {
  const std::string bytes = bson::from_json("{\"s\": " + json + "}");
  return StreamOptions::parse(bson::View(bytes)["s"].value());
}

int code_of(const std::string& json) {
  try {
    static_cast<void>(parse(json));
  } catch (const Error& error) {
    return static_cast<int>(error.code());
  }
  return 0;
}

std::string token(bool from_invalidate) {
  model::ResumeToken token = model::ResumeToken::event(model::ClusterTime(5, 1));
  token.from_invalidate = from_invalidate;
  return "{\"_data\": \"" + token.data() + "\"}";
}

TEST(StreamOptionsTest, ReadsEveryOption) {
  const StreamOptions options = parse(R"({"fullDocument": "updateLookup",
    "fullDocumentBeforeChange": "whenAvailable", "showExpandedEvents": true,
    "startAtOperationTime": {"$timestamp": {"t": 7, "i": 2}}, "resumeAfter": null})");
  EXPECT_EQ(options.full_document, FullDocument::UpdateLookup);
  EXPECT_EQ(options.before_change, FullDocumentBeforeChange::WhenAvailable);
  EXPECT_TRUE(options.show_expanded_events);
  EXPECT_EQ(options.start_at_operation_time, model::ClusterTime(7, 2));
  EXPECT_FALSE(options.token());
}

TEST(StreamOptionsTest, RefusesWithMongosCodes) {
  EXPECT_EQ(code_of("1"), 50808);
  EXPECT_EQ(code_of("null"), 50808);
  EXPECT_EQ(code_of(R"({"bogus": 1})"), 40415);
  EXPECT_EQ(code_of(R"({"$_resumeAfterClusterTime": {}})"), 40415);
  EXPECT_EQ(code_of(R"({"fullDocument": "bogus"})"), 2);
  EXPECT_EQ(code_of(R"({"fullDocument": 1})"), 14);
  EXPECT_EQ(code_of(R"({"allChangesForCluster": "x"})"), 14);
  EXPECT_EQ(code_of(R"({"resumeAfter": 1})"), 14);
  EXPECT_EQ(code_of(R"({"resumeAfter": {}})"), 40647);
  EXPECT_EQ(code_of(R"({"startAtOperationTime": "x"})"), 14);
  EXPECT_EQ(code_of(R"({"startAfter": )" + token(false) +
                    R"(, "startAtOperationTime": {"$timestamp": {"t": 1, "i": 1}}})"),
            40674);
}

TEST(StreamOptionsTest, OnlyStartAfterTakesTheTokenOfAnInvalidate) {
  EXPECT_EQ(code_of(R"({"resumeAfter": )" + token(true) + "}"), 260);
  EXPECT_EQ(code_of(R"({"startAfter": )" + token(true) + "}"), 0);
  EXPECT_EQ(code_of(R"({"resumeAfter": )" + token(false) + "}"), 0);
}

int scope_code(const model::Namespace& ns, const StreamOptions& options = {}) {
  try {
    static_cast<void>(Scope::of_command(ns, options));
  } catch (const Error& error) {
    return static_cast<int>(error.code());
  }
  return 0;
}

TEST(ScopeTest, RefusesWhatCannotBeWatched) {
  EXPECT_EQ(scope_code({"db", "c"}), 0);
  EXPECT_EQ(scope_code({"db", ""}), 0);
  for (const char* internal : {"admin", "local", "config"}) {
    EXPECT_EQ(scope_code({internal, "c"}), 73);
    EXPECT_EQ(scope_code({internal, ""}), 73);
  }
  EXPECT_EQ(scope_code({"db", "system.foo"}), 73);
  EXPECT_EQ(scope_code({"db", "$cmd.aggregate"}), 73);
  const StreamOptions cluster{.all_changes_for_cluster = true};
  EXPECT_EQ(scope_code({"admin", ""}, cluster), 0);
  EXPECT_EQ(scope_code({"admin", "c"}, cluster), 72);
  EXPECT_EQ(scope_code({"db", ""}, cluster), 72);
}

TEST(ScopeTest, CoversItsNamespacesAndNoInternalOnes) {
  const Scope collection = Scope::of_command({"db", "c"}, {});
  EXPECT_TRUE(collection.covers("db", "c"));
  EXPECT_FALSE(collection.covers("db", "d"));
  EXPECT_FALSE(collection.covers("dbc", "c"));
  EXPECT_EQ(collection.cursor_namespace().full(), "db.c");

  const Scope database = Scope::of_command({"db", ""}, {});
  EXPECT_TRUE(database.covers("db", "c"));
  EXPECT_TRUE(database.covers("db", ""));
  EXPECT_FALSE(database.covers("db", "system.views"));
  EXPECT_FALSE(database.covers("other", "c"));
  EXPECT_EQ(database.cursor_namespace().full(), "db.$cmd.aggregate");

  const Scope cluster = Scope::of_command({"admin", ""}, {.all_changes_for_cluster = true});
  EXPECT_TRUE(cluster.covers("db", "c"));
  EXPECT_FALSE(cluster.covers("config", "c"));
  EXPECT_FALSE(cluster.covers("local", "c"));
  EXPECT_EQ(cluster.cursor_namespace().full(), "admin.$cmd.aggregate");
}

}  // namespace
}  // namespace freshet::stream

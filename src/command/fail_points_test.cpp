// SPDX-License-Identifier: Apache-2.0
#include "command/fail_points.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/json.h"

namespace freshet::command {
namespace {

std::string document(std::string_view json) {
  return bson::from_json(json);
}

struct FailPointsTest : ::testing::Test {
  /// {mode: …, data: …}
  FailPoints::Configured set(std::string_view name, std::string_view json) {
    const std::string bytes = document(json);
    const bson::View view(bytes);
    const bson::Element data = view["data"];
    return points.configure(name, view["mode"], data ? data.as_document() : bson::View());
  }
  ErrorCode refusal(std::string_view name, std::string_view json) {
    try {
      static_cast<void>(set(name, json));
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::OK;
  }
  /// How the next calls come out: '+' fires, '-' does not.
  std::string fires(int calls) {
    std::string out;
    for (int i = 0; i < calls; ++i)
      out += points.fire(FailPoint::FailCommand) ? '+' : '-';
    return out;
  }

  FailPoints points;
};

constexpr std::string_view kPing = R"({"failCommands": ["ping"]})";

std::string mode(std::string_view mode) {
  return fmt::format(R"({{"mode": {}, "data": {}}})", mode, kPing);
}

TEST_F(FailPointsTest, NothingIsSetAtFirst) {
  EXPECT_FALSE(points.any());
  EXPECT_EQ(fires(2), "--");
}

TEST_F(FailPointsTest, ModesCount) {
  static_cast<void>(set("failCommand", mode(R"({"times": 2})")));
  EXPECT_EQ(fires(4), "++--");
  EXPECT_FALSE(points.any());
  static_cast<void>(set("failCommand", mode(R"({"skip": 2})")));
  EXPECT_EQ(fires(5), "--+++");
  static_cast<void>(set("failCommand", mode(R"("alwaysOn")")));
  EXPECT_EQ(fires(3), "+++");
  EXPECT_EQ(set("failCommand", R"({"mode": "off"})").met_before, 8);
  EXPECT_EQ(fires(2), "--");
  EXPECT_FALSE(points.any());
}

TEST_F(FailPointsTest, WhomItDoesNotConcernUsesNothingUp) {
  static_cast<void>(set("failCommand", mode(R"({"times": 1})")));
  EXPECT_EQ(points.fire(FailPoint::FailCommand, [](const FailPointData&) { return false; }),
            nullptr);
  EXPECT_EQ(fires(2), "+-");
}

TEST_F(FailPointsTest, DataIsRead) {
  static_cast<void>(set("failCommand", R"({"mode": "alwaysOn", "data": {
      "failCommands": ["insert", "find"], "errorCode": 91, "errorLabels": [],
      "blockConnection": true, "blockTimeMS": 20, "appName": "a", "namespace": "d.c",
      "writeConcernError": {"code": 64}}})"));
  const FailPointDataPtr data = points.fire(FailPoint::FailCommand);
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->commands, (std::vector<std::string>{"insert", "find"}));
  EXPECT_EQ(data->error, ErrorCode::ShutdownInProgress);
  EXPECT_EQ(data->labels, std::vector<std::string>{});
  EXPECT_TRUE(data->block);
  EXPECT_EQ(data->block_ms, 20);
  EXPECT_EQ(data->application, "a");
  EXPECT_EQ(data->ns, "d.c");
  EXPECT_EQ(bson::View(data->write_concern_error)["code"].as_int32(), 64);
  EXPECT_FALSE(data->close_connection.has_value());
}

TEST_F(FailPointsTest, RefusesWhatItDoesNotHave) {
  EXPECT_EQ(refusal("noSuchPoint", R"({"mode": "alwaysOn"})"), location(82));
  EXPECT_EQ(refusal("failCommand", mode(R"("sometimes")")), ErrorCode::BadValue);
  EXPECT_EQ(refusal("failCommand", mode(R"({"activationProbability": 0.5})")), ErrorCode::BadValue);
  EXPECT_EQ(refusal("failCommand", mode(R"({"times": 0})")), ErrorCode::BadValue);
  EXPECT_EQ(refusal("failCommand", mode("1")), ErrorCode::TypeMismatch);
  EXPECT_EQ(refusal("failCommand", R"({"mode": "alwaysOn"})"), ErrorCode::BadValue);
  EXPECT_EQ(refusal("failCommand", R"({"mode": "alwaysOn", "data": {"other": 1}})"),
            ErrorCode::BadValue);
  EXPECT_EQ(
      refusal("failCommand",
              R"({"mode": "alwaysOn", "data": {"failCommands": ["a"], "blockConnection": true}})"),
      ErrorCode::BadValue);
  EXPECT_FALSE(points.any());
}

}  // namespace
}  // namespace freshet::command

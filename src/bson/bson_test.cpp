// SPDX-License-Identifier: Apache-2.0
// Views, builder, values, Extended JSON, ObjectIds.
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "bson/builder.h"
#include "bson/decimal.h"
#include "bson/json.h"
#include "bson/object_id.h"
#include "bson/readable.h"
#include "bson/validate.h"
#include "bson/value.h"
#include "bson/view.h"

namespace freshet::bson {
namespace {

TEST(BuilderTest, WritesWhatTheSpecificationSays) {
  Builder b;
  b.add("hello", "world");
  EXPECT_EQ(to_hex(b.take()), "160000000268656c6c6f0006000000776f726c640000");
  EXPECT_EQ(to_hex(Builder().take()), "0500000000");
}

TEST(BuilderTest, NestsInPlace) {
  Builder b;
  b.open_document("cursor").add("id", std::int64_t{0}).open_array("firstBatch");
  b.push(View(from_json(R"({"a":1})"))).push_document().add("b", true).close();
  b.push_array().push(std::int32_t{7}).close().push(ValueView());
  b.close().close().add("ok", 1.0);
  const std::string bytes = b.take();
  EXPECT_TRUE(validate(bytes));
  EXPECT_EQ(
      to_json(View(bytes)),
      R"({ "cursor" : { "id" : 0, "firstBatch" : [ { "a" : 1 }, { "b" : true }, [ 7 ], null ] }, "ok" : 1.0 })");
}

TEST(BuilderTest, ContinuesBehindWhatABufferHolds) {
  std::string buffer = "before";
  Builder b(buffer);
  b.add("x", std::int32_t{1});
  EXPECT_EQ(b.size_bytes(), 11U);
  b.finish();
  EXPECT_TRUE(buffer.starts_with("before"));
  const std::string document = buffer.substr(6);
  EXPECT_EQ(validate(document).size, document.size());
}

TEST(BuilderTest, CountsIndexesBeyondOneDigit) {
  Builder b;
  b.open_array("a");
  for (std::int32_t i = 0; i < 1000; ++i)
    b.push(i);
  const std::string bytes = b.close().take();
  std::int32_t expected = 0;
  for (const Element& element : View(bytes)["a"].as_document()) {
    EXPECT_EQ(element.name(), std::to_string(expected));
    EXPECT_EQ(element.as_int32(), expected++);
  }
}

TEST(ViewTest, ReadsEveryAccessor) {
  const std::string bytes = from_json(R"({
    "double": 1.5, "string": "text", "bin": {"$binary": {"base64": "AAEC", "subType": "80"}},
    "oid": {"$oid": "5ca1ab1e0000000000000001"}, "date": {"$date": {"$numberLong": "-1"}},
    "regex": {"$regularExpression": {"pattern": "^a", "options": "im"}},
    "pointer": {"$dbPointer": {"$ref": "a.b", "$id": {"$oid": "5ca1ab1e0000000000000001"}}},
    "scoped": {"$code": "f", "$scope": {
  "x" : 1}}, "ts": {"$timestamp": {"t": 7, "i": 2}}, "a": {
  "b" : {
    "c" : 5
  }
}
})");
  const View doc(bytes);
  EXPECT_EQ(doc["double"].as_double(), 1.5);
  EXPECT_EQ(doc["string"].as_string(), "text");
  EXPECT_EQ(doc["bin"].as_binary().subtype, 0x80);
  EXPECT_EQ(to_hex(doc["bin"].as_binary().bytes), "000102");
  EXPECT_EQ(to_hex(doc["oid"].as_object_id()), "5ca1ab1e0000000000000001");
  EXPECT_EQ(doc["date"].as_date_ms(), -1);
  EXPECT_EQ(doc["regex"].as_regex().pattern, "^a");
  EXPECT_EQ(doc["regex"].as_regex().options, "im");
  EXPECT_EQ(doc["pointer"].as_db_pointer().ns, "a.b");
  EXPECT_EQ(doc["scoped"].as_code_with_scope().code, "f");
  EXPECT_EQ(doc["scoped"].as_code_with_scope().scope["x"].as_int32(), 1);
  EXPECT_EQ(doc["ts"].as_timestamp().seconds, 7U);
  EXPECT_EQ(doc["ts"].as_timestamp().increment, 2U);
  EXPECT_EQ(doc.at_path("a.b.c").as_int32(), 5);
  EXPECT_TRUE(doc.at_path("a.x.c").type() == Type::Missing);
  EXPECT_TRUE(doc.at_path("double.x").type() == Type::Missing);
  EXPECT_TRUE(doc["none"].type() == Type::Missing);
  EXPECT_EQ(doc.count(), 10U);
  EXPECT_TRUE(View().empty());
  EXPECT_EQ(View().begin(), View().end());
}

TEST(ViewTest, NumbersConvertAndClamp) {
  EXPECT_EQ(Value::number(1e300).view().number_as_int64(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Value::number(-1e300).view().number_as_int64(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Value::number(-2.9).view().number_as_int64(), -2);
  EXPECT_EQ(Value::number(std::numeric_limits<double>::quiet_NaN()).view().number_as_int64(), 0);
  EXPECT_EQ(Value::decimal(*decimal::from_string("-7.9")).view().number_as_int64(), -7);
  EXPECT_EQ(Value::decimal(*decimal::from_string("-1E30")).view().number_as_int64(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Value::decimal(*decimal::from_string("2.5")).view().number_as_double(), 2.5);
  EXPECT_FALSE(Value::decimal(*decimal::from_string("-0.00")).view().truthy());
  EXPECT_TRUE(Value::string("").view().truthy());
  EXPECT_FALSE(Value::null().view().truthy());
}

TEST(ValueTest, OwnsBorrowsAndShares) {
  std::string bytes = from_json(R"({"long": "a string of more than sixteen bytes", "n": 5})");
  const Value borrowed{View(bytes)["long"]};
  EXPECT_EQ(borrowed.view().raw().data(), View(bytes)["long"].raw().data());
  const Value owned = borrowed.owned();
  const Value number{View(bytes)["n"]};
  bytes.assign(bytes.size(), 'x');
  EXPECT_EQ(owned.view().as_string(), "a string of more than sixteen bytes");
  EXPECT_EQ(number.view().as_int32(), 5);
  Value document =
      Value::document(from_json(R"({"a": "another string of more than sixteen bytes"})"));
  const Value part = document.part(document.view().as_document()["a"]);
  document = Value::null();
  EXPECT_EQ(part.view().as_string(), "another string of more than sixteen bytes");
  EXPECT_TRUE(Value().missing());
  EXPECT_EQ(Value::string("short").view().as_string(), "short");
  EXPECT_EQ(Value::boolean(true).view().as_bool(), true);
  EXPECT_EQ(Value::regex("p", "i").view().as_regex().options, "i");
  EXPECT_EQ(Value::object_id("abcdefghijkl").view().as_object_id(), "abcdefghijkl");
}

TEST(JsonTest, RoundTripsCanonically) {
  const std::string text =
      R"({ "a" : { "$numberInt" : "1" }, "b" : { "$numberDecimal" : "1.20" }, "c" : [ { "$numberDouble" : "-0.0" } ] })";
  EXPECT_EQ(to_json(View(from_json(text)), JsonMode::Canonical), text);
  EXPECT_EQ(to_json(Value::string("x")), "\"x\"");
  EXPECT_EQ(to_json(Value::int64(5), JsonMode::Canonical), R"({ "$numberLong" : "5" })");
}

TEST(JsonTest, RefusesWhatIsNoJson) {
  for (const char* text : {"{", "", "nonsense", "{\"a\":}"}) {
    EXPECT_THROW(from_json(text), Error) << text;
  }
}

TEST(JsonTest, ShowsSomethingForTextThatIsNotUtf8) {
  EXPECT_FALSE(to_json(Value::string("\xE9\xE9")).empty());
}

TEST(ReadableTest, ReplacesWhatIsNotUtf8InTextOfEveryKind) {
  const std::string bad = "a\xCC";
  const std::string scope = Builder().add("s", bad).take();
  std::string with_scope;
  const std::string code = std::string("\x03\0\0\0", 4) + bad + std::string(1, '\0');
  append_le(with_scope, static_cast<std::int32_t>(4 + code.size() + scope.size()));
  with_scope.append(code).append(scope);
  Builder inner;
  inner.add(bad, bad).add_regex("r", bad, "i").add_raw(Type::Symbol, "y", code);
  inner.add_raw(Type::JavaScript, "c", code).add_raw(Type::JavaScriptWithScope, "w", with_scope);
  inner.add_raw(Type::DbPointer, "p", code + std::string(12, 'x'));
  const std::string bytes = inner.take();
  Builder outer;
  outer.add("d", View(bytes)).add_array("a", View(bytes)).add("n", 1).add("t", "\u00e4");
  const std::string document = outer.take();
  ASSERT_FALSE(validate(document, {.check_utf8 = true}));
  const std::string shown = readable(View(document));
  const ValidateResult form = validate(shown, {.check_utf8 = true});
  EXPECT_TRUE(form) << form.problem;
  EXPECT_EQ(form.size, shown.size());
  EXPECT_EQ(View(shown)["d"].as_document()["a\uFFFD"].as_string(), "a\uFFFD");
  EXPECT_EQ(View(shown)["t"].as_string(), "\u00e4");
  EXPECT_EQ(readable(View(shown)), shown);
}

TEST(ObjectIdTest, CountsAndTellsTime) {
  ManualClock clock(1'700'000'000'000);
  SeededRandom random(1);
  ObjectIdSource source(clock, random);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(std::string(source.next().bytes()));
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_TRUE(to_hex(source.next().bytes()).starts_with("6553f100"));
  clock.advance(Milliseconds(5000));
  EXPECT_TRUE(to_hex(source.next().bytes()).starts_with("6553f105"));
}

}  // namespace
}  // namespace freshet::bson

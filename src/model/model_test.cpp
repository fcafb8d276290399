// SPDX-License-Identifier: Apache-2.0
// Namespace, Uuid, SessionId, ReadConcern, WriteConcern.
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/random.h"
#include "bson/json.h"
#include "bson/value.h"
#include "model/namespace.h"
#include "model/read_concern.h"
#include "model/session_id.h"
#include "model/uuid.h"
#include "model/write_concern.h"

namespace freshet::model {
namespace {

using std::string_literals::operator""s;

bson::Value document(const char* json) {
  return bson::Value::document(bson::from_json(json));
}

template <typename Action>
int code_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return static_cast<int>(error.code());
  }
  return 0;
}

int read_concern_code(const char* json) {
  const bson::Value value = document(json);
  return code_of([&] { (void)ReadConcern::parse(value.view().as_document()["v"]); });
}

int write_concern_code(const char* json) {
  const bson::Value value = document(json);
  return code_of([&] { (void)WriteConcern::parse(value.view().as_document()["v"]); });
}

TEST(NamespaceTest, SplitsAtTheFirstDot) {
  const Namespace ns = Namespace::parse("db.a.b");
  EXPECT_EQ(ns.db, "db");
  EXPECT_EQ(ns.coll, "a.b");
  EXPECT_EQ(ns.full(), "db.a.b");
  EXPECT_EQ(Namespace::parse("db").coll, "");
  EXPECT_EQ(Namespace::command_cursor("db", "aggregate").full(), "db.$cmd.aggregate");
  EXPECT_TRUE(Namespace::command_cursor("db", "aggregate").is_command());
  EXPECT_LT(Namespace::parse("a.b"), Namespace::parse("a.c"));
}

TEST(NamespaceTest, NamesKeepTheRules) {
  for (const auto& name :
       {""s, "a b"s, "a.b"s, "a/b"s, "a\\b"s, "a\"b"s, "a$b"s, "a\0b"s, std::string(64, 'a')}) {
    EXPECT_NE(database_name_problem(name), nullptr) << name;
  }
  for (const auto& name : {"a"s, "é"s, "$external"s, std::string(63, 'a'), "a*b"s}) {
    EXPECT_EQ(database_name_problem(name), nullptr) << name;
  }
  for (const auto& name : {""s, ".a"s, "a$b"s, "$x"s, "a\0b"s}) {
    EXPECT_NE(collection_name_problem(name), nullptr) << name;
  }
  for (const auto& name : {"a."s, "a..b"s, "a b"s, "*"s, "a\\b"s, "system.js"s}) {
    EXPECT_EQ(collection_name_problem(name), nullptr) << name;
  }
  EXPECT_EQ(code_of([] { Namespace::parse("db.c").check(); }), 0);
  EXPECT_EQ(code_of([] { Namespace{.db = "db", .coll = std::string(253, 'a')}.check(); }), 73);
  EXPECT_EQ(code_of([] { Namespace{.db = "db", .coll = std::string(252, 'a')}.check(); }), 0);
  EXPECT_EQ(code_of([] { Namespace{.db = "a b", .coll = "c"}.check(); }), 73);
}

TEST(NamespaceTest, KnowsSystemAndInternalOnes) {
  EXPECT_TRUE(Namespace::parse("db.system.views").is_known_system());
  EXPECT_TRUE(Namespace::parse("db.system.foo").is_system());
  EXPECT_FALSE(Namespace::parse("db.system.foo").is_known_system());
  EXPECT_FALSE(Namespace::parse("db.systematic").is_system());
  EXPECT_TRUE(Namespace::parse("config.x").is_internal_database());
  EXPECT_FALSE(Namespace::parse("configs.x").is_internal_database());
}

TEST(UuidTest, TextBytesAndBson) {
  SeededRandom random(1);
  const Uuid uuid = Uuid::generate(random);
  EXPECT_EQ(uuid.to_string()[14], '4');
  EXPECT_EQ(Uuid::from_string(uuid.to_string()), uuid);
  bson::Builder out;
  uuid.append_to(out, "u");
  const std::string bytes = out.take();
  EXPECT_EQ(Uuid::from(bson::View(bytes)["u"]), uuid);
  EXPECT_EQ(Uuid::from(bson::Value::binary(3, uuid.bytes())), std::nullopt);
  EXPECT_EQ(Uuid::from(bson::Value::int32(1)), std::nullopt);
  EXPECT_EQ(Uuid::from_string("no"), std::nullopt);
  EXPECT_NE(Uuid::generate(random), uuid);
}

TEST(SessionIdTest, ParsesAndRefuses) {
  const char* good =
      R"({"id": {"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "04"}}})";
  const SessionId session = SessionId::parse(document(good));
  EXPECT_EQ(session.id.to_string(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
  bson::Builder out;
  session.append_to(out, "lsid");
  const std::string bytes = out.take();
  EXPECT_EQ(SessionId::parse(bson::View(bytes)["lsid"]), session);
  EXPECT_TRUE(session.uid.empty());
  EXPECT_NE(bson::to_json(bson::View(bytes)).find("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            std::string::npos)
      << "the SHA-256 digest of nothing";
  EXPECT_EQ(code_of([] { (void)SessionId::parse(bson::Value::int32(1)); }), 14);
  EXPECT_EQ(code_of([] { (void)SessionId::parse(document("{}")); }), 40414);
  EXPECT_EQ(code_of([] { (void)SessionId::parse(document(R"({"id": 1})")); }), 14);
  EXPECT_EQ(code_of([] { (void)SessionId::parse(document(R"({"x": 1})")); }), 40415);
  EXPECT_EQ(code_of([] {
              (void)SessionId::parse(
                  document(R"({"id": {"$binary": {"base64": "AAEC", "subType": "04"}}})"));
            }),
            207);
}

TEST(ReadConcernTest, ParsesAndRefuses) {
  const ReadConcern none = ReadConcern::parse(document("{}"));
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.effective_level(), ReadConcern::Level::Local);
  const ReadConcern snapshot = ReadConcern::parse(
      document(R"({"level": "snapshot", "atClusterTime": {"$timestamp": {"t": 5, "i": 6}}})"));
  EXPECT_EQ(snapshot.at_cluster_time, ClusterTime(5, 6));
  bson::Builder out;
  snapshot.append_to(out, "readConcern");
  const std::string bytes = out.take();
  EXPECT_EQ(ReadConcern::parse(bson::View(bytes)["readConcern"]), snapshot);

  EXPECT_EQ(read_concern_code(R"({"v": "local"})"), 14);
  EXPECT_EQ(read_concern_code(R"({"v": {"level": 1}})"), 14);
  EXPECT_EQ(read_concern_code(R"({"v": {"level": "bogus"}})"), 2);
  EXPECT_EQ(read_concern_code(R"({"v": {"bogus": 1}})"), 40415);
  EXPECT_EQ(read_concern_code(R"({"v": {"afterClusterTime": 5}})"), 14);
  EXPECT_EQ(read_concern_code(R"({"v": {"afterClusterTime": {"$timestamp": {"t": 0, "i": 0}}}})"),
            72);
  EXPECT_EQ(read_concern_code(R"({"v": {"atClusterTime": {"$timestamp": {"t": 1, "i": 0}}}})"), 72);
  EXPECT_EQ(
      read_concern_code(
          R"({"v": {"level": "linearizable", "afterClusterTime": {"$timestamp": {"t": 1, "i": 0}}}})"),
      72);
}

TEST(WriteConcernTest, ParsesAndRefuses) {
  EXPECT_TRUE(WriteConcern().is_majority());
  EXPECT_TRUE(WriteConcern::parse(document("{}")).is_majority());
  const WriteConcern one = WriteConcern::parse(document(R"({"w": 1, "j": true, "wtimeout": 50})"));
  EXPECT_EQ(one.w_number, 1);
  EXPECT_TRUE(one.wants_durable());
  EXPECT_EQ(one.w_timeout_ms, 50);
  EXPECT_FALSE(one.unacknowledged());
  EXPECT_TRUE(WriteConcern::parse(document(R"({"w": 0})")).unacknowledged());
  EXPECT_FALSE(WriteConcern::parse(document(R"({"wtimeout": 5})")).is_majority());
  EXPECT_EQ(WriteConcern::parse(document(R"({"w": "tagged"})")).w_mode, "tagged");

  EXPECT_EQ(write_concern_code(R"({"v": "x"})"), 14);
  EXPECT_EQ(write_concern_code(R"({"v": {"w": -1}})"), 9);
  EXPECT_EQ(write_concern_code(R"({"v": {"w": 51}})"), 9);
  EXPECT_EQ(write_concern_code(R"({"v": {"w": true}})"), 9);
  EXPECT_EQ(write_concern_code(R"({"v": {"j": "x"}})"), 14);
  EXPECT_EQ(write_concern_code(R"({"v": {"wtimeout": "x"}})"), 14);
  EXPECT_EQ(write_concern_code(R"({"v": {"bogus": 1}})"), 9);
  EXPECT_EQ(write_concern_code(R"({"v": {"fsync": true, "j": true}})"), 9);

  bson::Builder out;
  one.append_to(out, "writeConcern");
  EXPECT_EQ(
      bson::to_json(bson::View(out.take())),
      R"({ "writeConcern" : { "w" : 1, "j" : true, "wtimeout" : 50, "provenance" : "clientSupplied" } })");
}

}  // namespace
}  // namespace freshet::model

// SPDX-License-Identifier: Apache-2.0
#include "stream/changed_paths.h"

#include <gtest/gtest.h>

#include <map>

#include "query/delta.h"
#include "stream/stream_testing.h"

namespace freshet::stream {
namespace {

using testing::code_of;
using testing::json;

class ChangedPathsTest : public ::testing::Test {
 protected:
  static ChangedPaths paths(const std::string& list) {
    const std::string body = json("{\"b\": {\"paths\": " + list + "}}");
    return ChangedPaths::parse(bson::View(body)["b"].value());
  }
  static ErrorCode code(const std::string& value) {
    const std::string body = json("{\"b\": " + value + "}");
    return code_of([&] { ChangedPaths::parse(bson::View(body)["b"].value()); });
  }
  /// `delta` is the inner one of an update.
  static bool updates(const std::string& list, const std::string& delta) {
    const std::string o = json("{\"$v\": 2, \"diff\": " + delta + "}");
    Change change{.kind = ChangeKind::Update};
    change.op.kind = oplog::OpKind::Update;
    change.op.o = bson::View(o);
    return paths(list).admits(change);
  }
  static bool replaces(const std::string& list, const std::string& before,
                       const std::string& after) {
    const std::string pre = json("{\"p\": " + before + "}");
    const std::string o = json(after);
    Change change{.kind = ChangeKind::Replace};
    change.op.o = bson::View(o);
    change.op.pre = bson::View(pre)["p"].value();
    return paths(list).admits(change);
  }
};

TEST_F(ChangedPathsTest, ThePathItselfWhateverHappenedToIt) {
  for (const char* delta : {R"({"u": {"a": 1}})", R"({"i": {"a": 1}})", R"({"d": {"a": false}})"}) {
    EXPECT_TRUE(updates(R"(["a"])", delta)) << delta;
    EXPECT_TRUE(updates(R"(["x", "a"])", delta)) << delta;
    EXPECT_FALSE(updates(R"(["b"])", delta)) << delta;
    EXPECT_FALSE(updates(R"(["aa"])", delta)) << delta;
  }
}

TEST_F(ChangedPathsTest, ParentsAndChildren) {
  EXPECT_TRUE(updates(R"(["a.b.c"])", R"({"u": {"a": {"b": 1}}})")) << "a parent was set";
  EXPECT_TRUE(updates(R"(["a.b.c"])", R"({"sa": {"d": {"b": false}}})")) << "a parent went";
  EXPECT_TRUE(updates(R"(["a"])", R"({"sa": {"sb": {"u": {"c": 1}}}})")) << "something below";
  EXPECT_TRUE(updates(R"(["a.b.c"])", R"({"sa": {"sb": {"u": {"c": 1}}}})"));
  EXPECT_FALSE(updates(R"(["a.b.d"])", R"({"sa": {"sb": {"u": {"c": 1}}}})"));
  EXPECT_FALSE(updates(R"(["a.x"])", R"({"sa": {"sb": {"u": {"c": 1}}}})"));
}

TEST_F(ChangedPathsTest, ArraysAreLookedInto) {
  const char* element = R"({"sitems": {"a": true, "s2": {"u": {"price": 5}}}})";
  EXPECT_TRUE(updates(R"(["items"])", element));
  EXPECT_TRUE(updates(R"(["items.price"])", element));
  EXPECT_TRUE(updates(R"(["items.2.price"])", element));
  EXPECT_TRUE(updates(R"(["items.2"])", element));
  EXPECT_FALSE(updates(R"(["items.3"])", element));
  EXPECT_FALSE(updates(R"(["items.name"])", element));
  const char* whole = R"({"sitems": {"a": true, "u2": {"price": 5}}})";
  EXPECT_TRUE(updates(R"(["items.name"])", whole)) << "the element was set as a whole";
  EXPECT_FALSE(updates(R"(["items.0.name"])", whole));
  const char* cut = R"({"sitems": {"a": true, "l": 2}})";
  EXPECT_TRUE(updates(R"(["items.price"])", cut));
  EXPECT_TRUE(updates(R"(["items.2"])", cut));
  EXPECT_FALSE(updates(R"(["items.1"])", cut));
}

TEST_F(ChangedPathsTest, NamesWithDotsAreWrittenInParts) {
  EXPECT_TRUE(updates(R"([["a.b"]])", R"({"u": {"a.b": 1}})"));
  EXPECT_FALSE(updates(R"(["a.b"])", R"({"u": {"a.b": 1}})"));
  EXPECT_TRUE(updates(R"([["m", "a.b", "c"]])", R"({"sm": {"sa.b": {"u": {"c": 1}}}})"));
}

TEST_F(ChangedPathsTest, ReplacementsAreComparedWhereAnImageWasKept) {
  EXPECT_FALSE(replaces(R"(["a.b"])", R"({"a": {"b": 1}, "c": 1})", R"({"a": {"b": 1}, "c": 2})"));
  EXPECT_TRUE(replaces(R"(["a.b"])", R"({"a": {"b": 1}})", R"({"a": {"b": 2}})"));
  EXPECT_TRUE(replaces(R"(["a.b"])", R"({"a": {"b": 1}})", R"({"a": {}})"));
  EXPECT_FALSE(replaces(R"(["a.b"])", R"({"a": {}})", R"({"x": 1})"));
  EXPECT_FALSE(replaces(R"(["l.p"])", R"({"l": [{"p": 1, "q": 1}]})", R"({"l": [{"p": 1}]})"));
  EXPECT_TRUE(replaces(R"(["l.p"])", R"({"l": [{"p": 1}]})", R"({"l": [{"p": 1}, {"p": 2}]})"));
  EXPECT_TRUE(replaces(R"(["a"])", "null", R"({"a": 1})")) << "no image: who knows";
}

TEST_F(ChangedPathsTest, OtherChangesPass) {
  Change change{.kind = ChangeKind::Insert};
  EXPECT_TRUE(paths(R"(["a"])").admits(change));
  change.kind = ChangeKind::Drop;
  EXPECT_TRUE(paths(R"(["a"])").admits(change));
}

TEST_F(ChangedPathsTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(code("1"), ErrorCode::TypeMismatch);
  EXPECT_EQ(code("{}"), ErrorCode::FailedToParse);
  EXPECT_EQ(code(R"({"paths": []})"), ErrorCode::FailedToParse);
  EXPECT_EQ(code(R"({"paths": ["a..b"]})"), ErrorCode::FailedToParse);
  EXPECT_EQ(code(R"({"paths": [""]})"), ErrorCode::FailedToParse);
  EXPECT_EQ(code(R"({"paths": [[]]})"), ErrorCode::FailedToParse);
  EXPECT_EQ(code(R"({"paths": [1]})"), ErrorCode::TypeMismatch);
  EXPECT_EQ(code(R"({"paths": [["a", 1]]})"), ErrorCode::TypeMismatch);
  EXPECT_EQ(code(R"({"paths": "a"})"), ErrorCode::TypeMismatch);
  EXPECT_EQ(code(R"({"path": ["a"]})"), ErrorCode::Location40415);
}

// Whatever two documents are: when a path means other values in them, the delta touches it.
TEST_F(ChangedPathsTest, NoRealChangeIsMissed) {
  SeededRandom random(11);
  const std::vector<std::string> names{"a", "b", "0"};
  std::function<void(bson::Builder&, int)> fill = [&](bson::Builder& out, int depth) {
    for (const std::string& name : names) {
      switch (random.below(depth > 2 ? 2 : 4)) {
        case 0:
          out.add(name, static_cast<std::int32_t>(random.below(3)));
          break;
        case 2:
          out.open_document(name);
          fill(out, depth + 1);
          out.close();
          break;
        case 3:
          out.open_array(name);
          for (std::uint64_t i = 0, n = random.below(4); i < n; ++i) {
            out.push_document();
            fill(out, depth + 1);
            out.close();
          }
          out.close();
          break;
        default:
          break;
      }
    }
  };
  const auto document = [&] {
    bson::Builder out;
    out.add("pad", std::string(400, 'x'));
    fill(out, 0);
    return out.take();
  };
  std::map<bool, int> seen;
  for (int i = 0; i < 2'000; ++i) {
    const std::string before = document();
    const std::string after = document();
    const auto diff = query::make_diff(bson::View(before), bson::View(after));
    if (!diff) continue;
    for (const char* path : {"a", "a.b", "b.a.b", "a.0", "b.0.a", "a.a.a"}) {
      bson::Builder o;
      o.add("$v", std::int32_t{2}).add("diff", bson::View(*diff));
      const std::string update = o.take();
      const ChangedPaths changed = paths(std::string("[\"") + path + "\"]");
      Change updated{.kind = ChangeKind::Update};
      updated.op.kind = oplog::OpKind::Update;
      updated.op.o = bson::View(update);
      Change replaced{.kind = ChangeKind::Replace};
      replaced.op.o = bson::View(after);
      replaced.op.pre = bson::ValueView::document(bson::View(before));
      ++seen[changed.admits(updated)];
      if (changed.admits(replaced)) {
        EXPECT_TRUE(changed.admits(updated)) << path << i;
      }
    }
  }
  EXPECT_GT(seen[true], 500);
  EXPECT_GT(seen[false], 100);
}

}  // namespace
}  // namespace freshet::stream

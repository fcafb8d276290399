// SPDX-License-Identifier: Apache-2.0
#include "bson/builder.h"

#include <gtest/gtest.h>

#include <string>

#include "bson/json.h"
#include "bson/validate.h"

namespace freshet::bson {
namespace {

TEST(BuilderTest, NamesOfAnyLengthAreWrittenWhole) {
  for (const std::size_t length : {0U, 1U, 45U, 46U, 47U, 48U, 200U, 70000U}) {
    const std::string name(length, 'n');
    Builder out;
    out.add(name, std::int64_t{7}).add(name, Decimal128{.low = 1, .high = 2}).add(name, "text");
    out.add_binary(name, 4, "bytes").open_document(name).add(name, true).close();
    const std::string bytes = out.take();
    const View view(bytes);
    int fields = 0;
    for (const Element& element : view) {
      EXPECT_EQ(element.name(), name);
      ++fields;
    }
    EXPECT_EQ(fields, 5);
    EXPECT_EQ(view[name].as_int64(), 7);
  }
}

TEST(BuilderTest, ARollbackTakesBackWhateverWasOpened) {
  Builder out;
  out.add("a", std::int32_t{1}).open_array("list").push(std::int32_t{10});
  const Builder::Mark mark = out.mark();
  out.push_document().open_array("deep").push("gone").push_document().add("x", 1.5);
  out.rollback_to(mark);
  out.push(std::int32_t{11}).close().add("b", true);
  EXPECT_EQ(to_json(View(out.take())),
            to_json(View(from_json(R"({"a": 1, "list": [10, 11], "b": true})"))));
}

TEST(BuilderTest, WhatIsNestedDeeplyIsClosedInOrder) {
  constexpr int kDepth = 100;
  Builder out;
  for (int depth = 0; depth < kDepth; ++depth)
    out.open_array("a").push(depth);
  for (int depth = kDepth; depth-- > 0;)
    out.close().add("behind", depth);
  const std::string bytes = out.take();
  EXPECT_TRUE(validate(bytes));
  View at(bytes);
  for (int depth = 0; depth < kDepth; ++depth) {
    EXPECT_EQ(at["behind"].as_int32(), depth);
    at = at["a"].as_document();
    EXPECT_EQ(at["0"].as_int32(), depth);
  }
}

TEST(BuilderTest, ACallersBufferEndsWithWhatWasWritten) {
  std::string buffer = "before";
  {
    Builder given_up(buffer);
    given_up.add("x", std::string(1000, 'x'));
  }
  EXPECT_EQ(buffer.size(), 6U + 4U + 3U + 4U + 1001U);
  buffer.resize(6);
  Builder finished(buffer);
  finished.add("y", std::int32_t{1});
  finished.finish();
  buffer += "behind";
  EXPECT_EQ(buffer.size(), 6U + 12U + 6U);
}

TEST(BuilderTest, AsManyDocumentsAsGrowABufferManyTimes) {
  for (const std::size_t size : {1U, 100U, 16'000U, 17'000U, 100'000U}) {
    const std::string text(size, 't');
    Builder out;
    out.open_array("list");
    for (int i = 0; i < 50; ++i)
      out.push_document().add("i", i).add("text", text).close();
    const std::string bytes = out.close().take();
    ASSERT_TRUE(validate(bytes));
    int i = 0;
    for (const Element& element : View(bytes)["list"].as_document()) {
      EXPECT_EQ(element.as_document()["i"].as_int32(), i++);
      EXPECT_EQ(element.as_document()["text"].as_string(), text);
    }
    EXPECT_EQ(i, 50);
  }
}

TEST(BuilderTest, ReservedMemoryIsRoomAlone) {
  std::string buffer;
  Builder out(buffer);
  out.reserve(std::size_t{1} << 20);
  const char* const at = buffer.data();
  out.add("x", std::string(std::size_t{1} << 19, 'x'));
  EXPECT_EQ(buffer.data(), at);
  EXPECT_LT(buffer.size(), std::size_t{600} << 10);
  out.finish();
  EXPECT_TRUE(validate(buffer));
}

}  // namespace
}  // namespace freshet::bson

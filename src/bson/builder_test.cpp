// SPDX-License-Identifier: Apache-2.0
#include "bson/builder.h"

#include <gtest/gtest.h>

#include <string>

#include "bson/json.h"

namespace freshet::bson {
namespace {

TEST(BuilderTest, NamesOfAnyLengthAreWrittenWhole) {
  // Around the length up to which an element's beginning is put together without a buffer.
  for (const std::size_t length : {0, 1, 45, 46, 47, 48, 200}) {
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

}  // namespace
}  // namespace freshet::bson

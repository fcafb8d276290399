// SPDX-License-Identifier: Apache-2.0
// Random documents and random updates: the delta of an update turns the old document into the new
// one, byte for byte, and so does the difference of any two documents.
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/random.h"
#include "bson/builder.h"
#include "bson/json.h"
#include "bson/validate.h"
#include "query/delta.h"
#include "query/update.h"

namespace freshet::query {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string document() {
    bson::Builder out;
    out.add("_id", std::int32_t{1});
    fields(out, 0);
    return out.take();
  }

  std::string update() {
    bson::Builder out;
    const std::uint64_t count = 1 + random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string_view op = kOperators[random_.below(std::size(kOperators))];
      out.open_document(op);
      const std::uint64_t paths = 1 + random_.below(3);
      for (std::uint64_t j = 0; j < paths; ++j)
        argument(op, path(), out);
      out.close();
    }
    return out.take();
  }

 private:
  static constexpr std::string_view kNames[] = {"a", "b", "c", "d", "0", "1", "10"};
  static constexpr std::string_view kOperators[] = {
      "$set", "$unset",   "$inc",    "$push", "$addToSet", "$pull", "$pop", "$min",
      "$max", "$pullAll", "$rename", "$set",  "$push",     "$mul",  "$bit", "$currentDate"};

  std::string_view name() { return kNames[random_.below(std::size(kNames))]; }

  std::string path() {
    std::string path(kNames[random_.below(4)]);
    const std::uint64_t more = random_.below(3);
    for (std::uint64_t i = 0; i < more; ++i)
      path += random_.below(8) == 0 ? std::string(".$[]") : "." + std::string(name());
    return path;
  }

  void fields(bson::Builder& out, int depth) {
    std::uint64_t used = 0;
    const std::uint64_t count = random_.below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t pick = random_.below(std::size(kNames));
      if ((used >> pick & 1U) != 0) continue;
      used |= std::uint64_t{1} << pick;
      value(kNames[pick], out, depth);
    }
  }

  void value(std::string_view name, bson::Builder& out, int depth) {
    switch (random_.below(depth > 3 ? 4 : 7)) {
      case 0:
        out.add(name, static_cast<std::int32_t>(random_.below(4)));
        return;
      case 1:
        out.add(name, std::string(random_.below(3) * 20, 'x'));
        return;
      case 2:
        out.add_null(name);
        return;
      case 3:
        out.add(name, 0.5);
        return;
      case 4:
        out.open_document(name);
        fields(out, depth + 1);
        out.close();
        return;
      default: {
        out.open_array(name);
        const std::uint64_t count = random_.below(5);
        for (std::uint64_t i = 0; i < count; ++i)
          value(std::to_string(i), out, depth + 1);
        out.close();
      }
    }
  }

  void argument(std::string_view op, const std::string& path, bson::Builder& out) {
    if (op == "$rename") {
      out.add(path, this->path());
    } else if (op == "$pullAll") {
      out.open_array(path).push(std::int32_t{1}).push(std::int32_t{2}).close();
    } else if (op == "$pop") {
      out.add(path, std::int32_t{1});
    } else if (op == "$bit") {
      out.open_document(path).add("xor", std::int32_t{5}).close();
    } else if (op == "$currentDate") {
      out.add(path, true);
    } else if (op == "$inc" || op == "$mul") {
      out.add(path, static_cast<std::int32_t>(random_.below(3)));
    } else if ((op == "$push" || op == "$addToSet") && random_.below(2) == 0) {
      out.open_document(path)
          .open_array("$each")
          .push(std::int32_t{7})
          .push(std::int32_t{8})
          .close();
      if (op == "$push" && random_.below(2) == 0)
        out.add("$position", static_cast<std::int32_t>(random_.below(3)));
      out.close();
    } else {
      value(path, out, 2);
    }
  }

  SeededRandom random_;
};

bson::ValueView whole(const std::string& document) {
  return {bson::Type::Document, document.data(), static_cast<std::uint32_t>(document.size())};
}

constexpr int kRounds = 6000;

TEST(UpdateProperty, DeltaRebuildsTheDocument) {
  int changed = 0;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    Generator generate(seed);
    const std::string before = generate.document();
    const std::string spec = generate.update();
    QueryContext context;
    context.now_ms = 1;
    try {
      const UpdateOutcome outcome =
          Update(whole(spec), bson::View(), context).apply(bson::View(before), {}, context);
      if (!outcome.changed) {
        EXPECT_EQ(outcome.document, before) << "seed " << seed;
        continue;
      }
      ++changed;
      EXPECT_TRUE(bson::validate(outcome.document)) << "seed " << seed;
      EXPECT_TRUE(bson::validate(outcome.log_object)) << "seed " << seed;
      const bson::View diff = bson::View(outcome.log_object)["diff"].as_document();
      ASSERT_EQ(outcome.document, apply_diff(bson::View(before), diff))
          << "seed " << seed << "\n before " << bson::to_json(bson::View(before)) << "\n update "
          << bson::to_json(bson::View(spec)) << "\n after  "
          << bson::to_json(bson::View(outcome.document)) << "\n diff   " << bson::to_json(diff);
      EXPECT_TRUE(bson::validate(describe_diff(diff, true))) << "seed " << seed;
    } catch (const Error&) {  // many random updates cannot be applied; what counts is that they
                              // fail cleanly
    }
  }
  EXPECT_GT(changed, kRounds / 10);
}

TEST(UpdateProperty, DifferenceRebuildsTheDocument) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    Generator generate(seed);
    const std::string before = generate.document();
    const std::string after = generate.document();
    const std::optional<std::string> diff = make_diff(bson::View(before), bson::View(after));
    if (!diff) continue;
    ++found;
    EXPECT_LT(diff->size(), after.size());
    ASSERT_EQ(after, apply_diff(bson::View(before), bson::View(*diff)))
        << "seed " << seed << "\n before " << bson::to_json(bson::View(before)) << "\n after  "
        << bson::to_json(bson::View(after)) << "\n diff   " << bson::to_json(bson::View(*diff));
  }
  EXPECT_GT(found, kRounds / 10);
}

}  // namespace
}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// For tests of stages: collections in memory, and pipelines run over them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/operation.h"
#include "base/random.h"
#include "bson/builder.h"
#include "bson/json.h"
#include "pipeline/pipeline.h"
#include "query/matcher.h"

namespace freshet::pipeline::testing {

using bson::from_json;
using bson::View;
using Documents = std::vector<std::string>;

/// A collection in memory, filtered.
class MemoryScan final : public Stage {
 public:
  MemoryScan(const Documents& documents, View filter, const query::QueryContext& context)
      : documents_(documents), matcher_(filter, context) {}
  std::optional<View> next(Operation&) override {
    while (position_ < documents_.size()) {
      const View document(documents_[position_++]);
      if (matcher_.matches(document)) return document;
    }
    return std::nullopt;
  }

 private:
  const Documents& documents_;
  query::Matcher matcher_;
  std::size_t position_ = 0;
};

class MemoryCollections final : public CollectionAccess {
 public:
  std::map<std::string, Documents, std::less<>> collections;
  int opened = 0;  // how often a collection was opened

  StagePtr open(std::string_view, std::string_view collection, View filter,
                const query::QueryContext& context) override {
    ++opened;
    const auto found = collections.find(collection);
    return std::make_unique<MemoryScan>(found == collections.end() ? none_ : found->second, filter,
                                        context);
  }
  query::SearchScope search_scope(std::string_view, std::string_view) override { return {}; }

 private:
  Documents none_;
};

struct Outcome {
  int code = 0;
  Documents documents;
};

inline Outcome run(MemoryCollections& collections, View array, const SpillPolicy& spill = {}) {
  const SystemClock clock;
  SeededRandom random(7);
  Operation op(clock, 1, std::make_shared<ClientInfo>());
  query::QueryContext query;
  query.random = &random;
  Operation* const running = &op;
  query.operation = &running;
  Outcome out;
  try {
    const Pipeline pipeline = parse_pipeline(
        array,
        {.query = query, .database = "@db", .collection = "@coll", .collections = &collections});
    BuildContext build{.query = query,
                       .collections = &collections,
                       .database = "@db",
                       .collection = "@coll",
                       .spill = spill};
    const StagePtr root =
        build_pipeline(pipeline, 0, collections.open("@db", "@coll", View(), query), build);
    while (const auto document = root->next(op))
      out.documents.push_back(document->to_string());
    EXPECT_FALSE(root->next(op).has_value());
  } catch (const Error& error) {
    out.code = static_cast<int>(error.code());
    out.documents.clear();
  }
  return out;
}

/// Documents as text, one behind the other; "error 9" when the pipeline fails.
inline std::string text_of(const Outcome& outcome) {
  if (outcome.code != 0) return "error " + std::to_string(outcome.code);
  std::string text;
  for (const auto& document : outcome.documents)
    text += (text.empty() ? "" : " ") + bson::to_json(View(document));
  return text;
}

/// `pipeline` (a JSON array) over `documents` (JSON each).
inline std::string run_over(const std::vector<std::string>& documents, std::string_view pipeline,
                            const SpillPolicy& spill = {}) {
  MemoryCollections collections;
  for (const std::string& document : documents)
    collections.collections["@coll"].push_back(from_json(document));
  const std::string wrapped = from_json("{\"p\": " + std::string(pipeline) + "}");
  return text_of(run(collections, View(wrapped)["p"].as_document(), spill));
}

}  // namespace freshet::pipeline::testing

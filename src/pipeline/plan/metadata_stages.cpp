// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/metadata_stages.h"

#include <utility>

#include "query/match_near.h"
#include "query/match_text.h"

namespace freshet::pipeline {
namespace {

using Kind = query::DocumentMetadata::Kind;

/// How well each document answers a $text.
class TextScoreStage final : public Stage {
 public:
  TextScoreStage(StagePtr source, const query::TextNode& text, query::DocumentMetadata& metadata)
      : Stage(std::move(source)), text_(text), metadata_(metadata) {}

  std::optional<bson::View> next(Operation& op) override {
    const std::optional<bson::View> document = source().next(op);
    if (document) {
      // A branch of an $or that has no $text may have let it pass.
      metadata_.set(Kind::TextScore,
                    bson::Value::number(text_.search().score(*document).value_or(0)));
    }
    return document;
  }

 private:
  const query::TextNode& text_;
  query::DocumentMetadata& metadata_;
};

/// How far away each document is.
class DistanceStage final : public Stage {
 public:
  DistanceStage(StagePtr source, const query::NearNode& near, query::DocumentMetadata& metadata)
      : Stage(std::move(source)), near_(near), metadata_(metadata) {}

  std::optional<bson::View> next(Operation& op) override {
    const std::optional<bson::View> document = source().next(op);
    if (!document) return document;
    if (const auto found = near_.nearest(*document)) {
      metadata_.set(Kind::GeoNearDistance, bson::Value::number(found->distance));
      metadata_.set(Kind::GeoNearPoint, bson::Value::copy(found->place));
    }
    return document;
  }

 private:
  const query::NearNode& near_;
  query::DocumentMetadata& metadata_;
};

}  // namespace

StagePtr with_metadata(StagePtr source, const query::Matcher& filter,
                       query::DocumentMetadata* metadata) {
  if (metadata == nullptr) return source;
  if (metadata->wants(Kind::GeoNearDistance)) {
    if (const query::NearNode* near = query::find_near(filter.root())) {
      return std::make_unique<DistanceStage>(std::move(source), *near, *metadata);
    }
  }
  if (metadata->wants(Kind::TextScore)) {
    if (const query::TextNode* text = query::find_text(filter.root())) {
      return std::make_unique<TextScoreStage>(std::move(source), *text, *metadata);
    }
  }
  return source;
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// The per-document stages ($match $project …) at work in a pipeline.
#include "transform/transform.h"

#include "base/operation.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

class TransformStage final : public ExplainedStage {
 public:
  TransformStage(StagePtr source, const StageSpec& spec, const transform::Transform& transform,
                 const query::QueryContext& context)
      : ExplainedStage(std::move(source), spec), transform_(transform), context_(context) {}

  std::optional<bson::View> next(Operation& op) override {
    while (const auto document = source().next(op)) {
      op.check();
      transform::Transform::Result result = transform_.apply(*document, context_);
      if (!result.keep) continue;
      if (!result.document) return document;
      current_ = std::move(*result.document);
      return bson::View(current_);
    }
    return std::nullopt;
  }

 private:
  const transform::Transform& transform_;
  const query::QueryContext& context_;
  std::string current_;
};

class TransformSpec final : public StageSpec {
 public:
  TransformSpec(const StageTraits& traits, bson::Element body, const query::QueryContext& context)
      : StageSpec(traits, body),
        transform_(transform::parse_transform(traits.name, body, context)) {}

  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<TransformStage>(std::move(source), *this, *transform_, context.query);
  }
  std::optional<bson::View> match_filter() const override {
    if (name() != "$match") return std::nullopt;
    return body().as_document();
  }
  bool is_one_to_one() const override { return name() != "$match" && name() != "$redact"; }

 private:
  transform::TransformPtr transform_;
};

}  // namespace

void parse_transform_stage(const StageTraits& traits, bson::Element body,
                           const PipelineContext& context, Pipeline& out) {
  out.push_back(std::make_unique<TransformSpec>(traits, body, context.query));
}

}  // namespace freshet::pipeline

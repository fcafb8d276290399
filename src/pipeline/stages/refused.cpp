// SPDX-License-Identifier: Apache-2.0
// Stages that MongoDB has and that make sense elsewhere only: on Atlas, on sharded clusters, in
// change streams. And those that report what this server never has any of.
#include "base/error.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

class EmptyStage final : public ExplainedStage {
 public:
  explicit EmptyStage(const StageSpec& spec) : ExplainedStage(nullptr, spec) {}
  std::optional<bson::View> next(Operation&) override { return std::nullopt; }
};

class EmptySpec final : public StageSpec {
 public:
  using StageSpec::StageSpec;
  StagePtr build(StagePtr, BuildContext&) const override {
    return std::make_unique<EmptyStage>(*this);
  }
};

}  // namespace

void refuse_atlas_stage(const StageTraits& traits, bson::Element, const PipelineContext&,
                        Pipeline&) {
  constexpr ErrorCode kSearchNotEnabled = location(31082);
  raise(kSearchNotEnabled, "{} is a feature of MongoDB Atlas, which this server is not part of",
        traits.name);
}

void refuse_sharding_stage(const StageTraits& traits, bson::Element, const PipelineContext&,
                           Pipeline&) {
  raise(location(6789101), "The {} stage can only be run on sharded clusters", traits.name);
}

void refuse_query_stats(const StageTraits& traits, bson::Element, const PipelineContext&,
                        Pipeline&) {
  raise(ErrorCode::QueryFeatureNotAllowed, "{} is not allowed in the current configuration",
        traits.name);
}

void refuse_outside_stream(const StageTraits& traits, bson::Element, const PipelineContext&,
                           Pipeline&) {
  raise(ErrorCode::IllegalOperation, "{} can only be used in a $changeStream pipeline",
        traits.name);
}

void parse_empty_source(const StageTraits& traits, bson::Element body, const PipelineContext&,
                        Pipeline& out) {
  if (!body.is_document()) {
    raise(ErrorCode::FailedToParse, "{} must take an object, found {}", traits.name,
          bson::type_alias(body.type()));
  }
  out.push_back(std::make_unique<EmptySpec>(traits, body));
}

}  // namespace freshet::pipeline

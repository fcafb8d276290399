// SPDX-License-Identifier: Apache-2.0
// $unionWith: all documents of this pipeline, then those of another collection's pipeline.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/stages.h"
#include "pipeline/stages/sub_pipeline.h"

namespace freshet::pipeline {
namespace {

class UnionStage final : public ExplainedStage {
 public:
  UnionStage(StagePtr source, const StageSpec& spec, SubPipeline& other, BuildContext& context)
      : ExplainedStage(std::move(source), spec), other_(other), context_(context) {}

  std::optional<bson::View> next(Operation& op) override {
    if (second_ == nullptr) {
      if (const auto document = source().next(op)) return document;
      second_ = other_.open(bson::View(), bson::View(), context_);
    }
    return second_->next(op);
  }
  void save() override {
    Stage::save();
    if (second_ != nullptr) second_->save();
  }
  void restore(const storage::Reader& reader) override {
    Stage::restore(reader);
    if (second_ != nullptr) second_->restore(reader);
  }

 private:
  SubPipeline& other_;
  BuildContext& context_;
  StagePtr second_;  ///< set once the source has ended
};

class UnionSpec final : public StageSpec {
 public:
  UnionSpec(const StageTraits& traits, bson::Element body, std::unique_ptr<SubPipeline> other)
      : StageSpec(traits, body), other_(std::move(other)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    if (context.collections == nullptr)
      raise(ErrorCode::IllegalOperation, "$unionWith needs collections");
    return std::make_unique<UnionStage>(std::move(source), *this, *other_, context);
  }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    other_->add_other_collections(out);
  }

 private:
  const std::unique_ptr<SubPipeline> other_;
};

}  // namespace

void parse_union_with(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                      Pipeline& out) {
  std::string collection;
  bson::View pipeline;
  if (body.is_string()) {
    collection = body.as_string();
  } else if (body.is_document()) {
    for (const auto& element : body.as_document()) {
      if (element.name() == "coll") {
        if (!element.is_string())
          raise(ErrorCode::TypeMismatch, "'$unionWith.coll' must be a string");
        collection = element.as_string();
      } else if (element.name() == "pipeline") {
        if (!element.is_array())
          raise(ErrorCode::TypeMismatch, "'$unionWith.pipeline' must be an array");
        pipeline = element.as_document();
      } else {
        raise(ErrorCode::Location40415, "BSON field '$unionWith.{}' is an unknown field",
              element.name());
      }
    }
    if (!body.as_document()["coll"]) raise(location(40414), "$unionWith needs the field 'coll'");
  } else {
    raise(ErrorCode::FailedToParse,
          "the {} stage specification must be an object or string, but found {}", traits.name,
          bson::type_alias(body.type()));
  }
  if (collection.empty())
    raise(ErrorCode::InvalidNamespace, "the collection of $unionWith may not be empty");
  auto other = std::make_unique<SubPipeline>(
      SubPipeline::Place{context.database, std::move(collection), PipelineKind::UnionWith},
      pipeline, std::vector<std::string>(), context);
  out.push_back(std::make_unique<UnionSpec>(traits, body, std::move(other)));
}

}  // namespace freshet::pipeline

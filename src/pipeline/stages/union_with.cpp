// SPDX-License-Identifier: Apache-2.0
// $unionWith: all documents of this pipeline, then those of another collection's pipeline.
#include <string>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

struct Union {
  std::string database;
  std::string collection;
  Pipeline pipeline;
};

class UnionStage final : public ExplainedStage {
 public:
  UnionStage(StagePtr source, const StageSpec& spec, const Union& other, BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        other_(other),
        context_(context),
        inner_{context.query, context.collections, other.database, other.collection} {}

  std::optional<bson::View> next(Operation& op) override {
    if (second_ == nullptr) {
      if (const auto document = source().next(op)) return document;
      open();
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
  void open() {
    const Pipeline& pipeline = other_.pipeline;
    std::size_t first = 0;
    bson::View filter;
    if (!pipeline.empty()) {
      if (const auto match = pipeline.front()->match_filter()) {
        filter = *match;
        first = 1;
      }
    }
    StagePtr leaf =
        context_.collections->open(other_.database, other_.collection, filter, context_.query);
    second_ = build_pipeline(pipeline, first, std::move(leaf), inner_);
  }

  const Union& other_;
  BuildContext& context_;
  BuildContext inner_;
  StagePtr second_;  ///< set once the source has ended
};

class UnionSpec final : public StageSpec {
 public:
  UnionSpec(const StageTraits& traits, bson::Element body, Union other)
      : StageSpec(traits, body), other_(std::move(other)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    if (context.collections == nullptr)
      raise(ErrorCode::IllegalOperation, "$unionWith needs collections");
    return std::make_unique<UnionStage>(std::move(source), *this, other_, context);
  }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    out.push_back({other_.database, other_.collection, false});
    for (const auto& stage : other_.pipeline)
      stage->add_other_collections(out);
  }

 private:
  Union other_;
};

}  // namespace

void parse_union_with(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                      Pipeline& out) {
  Union other;
  other.database = context.database;
  bson::View pipeline;
  if (body.is_string()) {
    other.collection = body.as_string();
  } else if (body.is_document()) {
    for (const auto& element : body.as_document()) {
      if (element.name() == "coll") {
        if (!element.is_string())
          raise(ErrorCode::TypeMismatch, "'$unionWith.coll' must be a string");
        other.collection = element.as_string();
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
  if (other.collection.empty())
    raise(ErrorCode::InvalidNamespace, "the collection of $unionWith may not be empty");
  PipelineContext inner{context.query, other.database, other.collection, PipelineKind::UnionWith,
                        context.depth + 1};
  other.pipeline = parse_pipeline(pipeline, inner);
  out.push_back(std::make_unique<UnionSpec>(traits, body, std::move(other)));
}

}  // namespace freshet::pipeline

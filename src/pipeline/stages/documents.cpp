// SPDX-License-Identifier: Apache-2.0
// $documents: documents from the pipeline itself.
#include <string>
#include <vector>

#include "base/error.h"
#include "pipeline/stages/stages.h"
#include "query/expression/expression.h"

namespace freshet::pipeline {
namespace {

class DocumentsStage final : public ExplainedStage {
 public:
  DocumentsStage(const StageSpec& spec, const std::vector<std::string>& documents)
      : ExplainedStage(nullptr, spec), documents_(documents) {}
  std::optional<bson::View> next(Operation&) override {
    if (position_ == documents_.size()) return std::nullopt;
    return bson::View(documents_[position_++]);
  }

 private:
  const std::vector<std::string>& documents_;
  std::size_t position_ = 0;
};

class DocumentsSpec final : public StageSpec {
 public:
  DocumentsSpec(const StageTraits& traits, bson::Element body, std::vector<std::string> documents)
      : StageSpec(traits, body), documents_(std::move(documents)) {}
  StagePtr build(StagePtr, BuildContext&) const override {
    return std::make_unique<DocumentsStage>(*this, documents_);
  }

 private:
  std::vector<std::string> documents_;
};

}  // namespace

void parse_documents(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                     Pipeline& out) {
  if (!context.collection.empty() && context.kind == PipelineKind::Top) {
    raise(ErrorCode::InvalidNamespace, "$documents can only be run with {{aggregate: 1}}");
  }
  const query::CompiledExpression expression(body, context.query);
  const bson::Value array = expression.evaluate(bson::View(), context.query).owned();
  if (!array.view().is_array()) {
    raise(location(5858203), "an array is expected, found {}", bson::type_alias(array.type()));
  }
  std::vector<std::string> documents;
  for (const auto& element : array.view().as_document()) {
    if (!element.is_document()) {
      raise(location(40228), "$documents needs an array of objects, found {}",
            bson::type_alias(element.type()));
    }
    documents.push_back(element.as_document().to_string());
  }
  out.push_back(std::make_unique<DocumentsSpec>(traits, body, std::move(documents)));
}

}  // namespace freshet::pipeline

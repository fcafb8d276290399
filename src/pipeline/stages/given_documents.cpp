// SPDX-License-Identifier: Apache-2.0
// First stages that tell of the server itself: $collStats, $currentOp, $indexStats,
// $listLocalSessions, $listSessions. What they tell is known above; here they only hand it on.
#include "base/error.h"
#include "base/invariant.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

class GivenDocumentsStage final : public ExplainedStage {
 public:
  GivenDocumentsStage(const StageSpec& spec, const std::vector<std::string>& documents)
      : ExplainedStage(nullptr, spec), documents_(documents) {}
  std::optional<bson::View> next(Operation&) override {
    if (next_ == documents_.size()) return std::nullopt;
    return bson::View(documents_[next_++]);
  }

 private:
  const std::vector<std::string>& documents_;
  std::size_t next_ = 0;
};

class GivenDocumentsSpec final : public StageSpec {
 public:
  using StageSpec::StageSpec;
  StagePtr build(StagePtr, BuildContext& context) const override {
    if (context.documents == nullptr)
      raise(ErrorCode::IllegalOperation, "{} is not possible here", name());
    return std::make_unique<GivenDocumentsStage>(*this, *context.documents);
  }
};

}  // namespace

void parse_given_documents(const StageTraits& traits, bson::Element body, const PipelineContext&,
                           Pipeline& out) {
  if (!body.is_document()) {
    raise(ErrorCode::FailedToParse, "{} must take an object, found {}", traits.name,
          bson::type_alias(body.type()));
  }
  out.push_back(std::make_unique<GivenDocumentsSpec>(traits, body));
}

}  // namespace freshet::pipeline

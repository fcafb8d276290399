// SPDX-License-Identifier: Apache-2.0
// $limit and $skip.
#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/stages.h"
#include "query/expression/integral.h"

namespace freshet::pipeline {
namespace {

class LimitStage final : public ExplainedStage {
 public:
  LimitStage(StagePtr source, const StageSpec& spec, std::int64_t count)
      : ExplainedStage(std::move(source), spec), left_(count) {}
  std::optional<bson::View> next(Operation& op) override {
    if (left_ == 0) return std::nullopt;
    const auto document = source().next(op);
    if (document) --left_;
    return document;
  }

 private:
  std::int64_t left_;
};

class SkipStage final : public ExplainedStage {
 public:
  SkipStage(StagePtr source, const StageSpec& spec, std::int64_t count)
      : ExplainedStage(std::move(source), spec), left_(count) {}
  std::optional<bson::View> next(Operation& op) override {
    for (; left_ > 0; --left_) {
      op.check();
      if (!source().next(op)) return std::nullopt;
    }
    return source().next(op);
  }

 private:
  std::int64_t left_;
};

class LimitSpec final : public StageSpec {
 public:
  LimitSpec(const StageTraits& traits, bson::Element body, std::int64_t count)
      : StageSpec(traits, body), count_(count) {}
  StagePtr build(StagePtr source, BuildContext&) const override {
    return std::make_unique<LimitStage>(std::move(source), *this, count_);
  }
  std::optional<std::int64_t> limit() const override { return count_; }

 private:
  std::int64_t count_;
};

class SkipSpec final : public StageSpec {
 public:
  SkipSpec(const StageTraits& traits, bson::Element body, std::int64_t count)
      : StageSpec(traits, body), count_(count) {}
  StagePtr build(StagePtr source, BuildContext&) const override {
    return std::make_unique<SkipStage>(std::move(source), *this, count_);
  }
  std::optional<std::int64_t> skip() const override { return count_; }

 private:
  std::int64_t count_;
};

std::int64_t count_argument(std::string_view stage, bson::Element body, int code) {
  if (!query::is_integral_int64(body)) {
    raise(location(code), "invalid argument to {} stage: expected a whole number, found {}", stage,
          bson::type_alias(body.type()));
  }
  const std::int64_t count = body.number_as_int64();
  if (count < 0) {
    raise(location(code), "invalid argument to {} stage: expected a non-negative number, found {}",
          stage, count);
  }
  return count;
}

}  // namespace

void parse_limit(const StageTraits& traits, bson::Element body, const PipelineContext&,
                 Pipeline& out) {
  const std::int64_t count = count_argument(traits.name, body, 5107201);
  if (count == 0) raise(location(15958), "the limit must be positive");
  out.push_back(std::make_unique<LimitSpec>(traits, body, count));
}

void parse_skip(const StageTraits& traits, bson::Element body, const PipelineContext&,
                Pipeline& out) {
  out.push_back(
      std::make_unique<SkipSpec>(traits, body, count_argument(traits.name, body, 5107200)));
}

}  // namespace freshet::pipeline

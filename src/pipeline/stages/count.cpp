// SPDX-License-Identifier: Apache-2.0
// $count, and $sortByCount in terms of $group and $sort.
#include <limits>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

/// One document with the number of those before it; none when there were none.
class CountStage final : public ExplainedStage {
 public:
  CountStage(StagePtr source, const StageSpec& spec)
      : ExplainedStage(std::move(source), spec), spec_(spec) {}
  std::optional<bson::View> next(Operation& op) override {
    if (done_) return std::nullopt;
    std::int64_t count = 0;
    while (source().next(op)) {
      op.check();
      ++count;
    }
    done_ = true;
    if (count == 0) return std::nullopt;
    bson::Builder out;
    const std::string_view field = spec_.body().as_string();
    if (count <= std::numeric_limits<std::int32_t>::max()) {
      out.add(field, static_cast<std::int32_t>(count));
    } else {
      out.add(field, count);
    }
    result_ = out.take();
    return bson::View(result_);
  }

 private:
  const StageSpec& spec_;
  std::string result_;
  bool done_ = false;
};

class CountSpec final : public StageSpec {
 public:
  using StageSpec::StageSpec;
  StagePtr build(StagePtr source, BuildContext&) const override {
    return std::make_unique<CountStage>(std::move(source), *this);
  }
};

}  // namespace

void parse_count(const StageTraits& traits, bson::Element body, const PipelineContext&,
                 Pipeline& out) {
  if (!body.is_string()) raise(location(40156), "the count field must be a non-empty string");
  const std::string_view field = body.as_string();
  if (field.empty()) raise(location(40157), "the count field must be a non-empty string");
  if (field.front() == '$') raise(location(40158), "the count field cannot be a $-prefixed path");
  if (field.find('\0') != std::string_view::npos)
    raise(location(40159), "the count field cannot contain a null byte");
  if (field.find('.') != std::string_view::npos)
    raise(location(40160), "the count field cannot contain '.'");
  if (field == "_id") raise(location(9039800), "the count field cannot be '_id'");
  out.push_back(std::make_unique<CountSpec>(traits, body));
}

void parse_sort_by_count(const StageTraits& traits, bson::Element body,
                         const PipelineContext& context, Pipeline& out) {
  if (body.is_document()) {
    const bson::View document = body.as_document();
    if (document.empty() || !(*document.begin()).name().starts_with('$')) {
      raise(location(40147),
            "the {} field must be defined as a $-prefixed path or an expression inside an object",
            traits.name);
    }
  } else if (body.is_string()) {
    if (!body.as_string().starts_with('$')) {
      raise(location(40148),
            "the {} field must be defined as a $-prefixed path or an expression inside an object",
            traits.name);
    }
  } else {
    raise(location(40149), "the {} field must be specified as a string or as an object",
          traits.name);
  }
  bson::Builder group;
  group.open_document("$group").add("_id", body.value());
  group.open_document("count").add("$sum", std::int32_t{1}).close().close();
  bson::Builder sort;
  sort.open_document("$sort").add("count", std::int32_t{-1}).close();
  const std::string group_stage = group.take();
  const std::string sort_stage = sort.take();
  parse_stage(bson::View(group_stage), context, out);
  parse_stage(bson::View(sort_stage), context, out);
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// $sort: everything, or only the first k when a limit follows.
#include "query/sort.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/kept_metadata.h"
#include "pipeline/spill/sorter.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

class SortStage final : public ExplainedStage {
 public:
  SortStage(StagePtr source, const StageSpec& spec, const query::SortPattern& pattern,
            std::size_t limit, const BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        pattern_(pattern),
        context_(context.query),
        kept_(context.query.metadata),
        sorter_("$sort", context.spill, limit) {}

  std::optional<bson::View> next(Operation& op) override {
    if (!sorted_) sort(op);
    const auto row = sorter_.next(op);
    if (!row) return std::nullopt;
    return kept_.unpack(bson::View(row->payload));
  }

 private:
  void sort(Operation& op) {
    while (const auto document = source().next(op)) {
      op.check();
      sorter_.add(pattern_.key(*document, context_.collation), kept_.pack(*document).bytes());
    }
    sorter_.finish(op);
    sorted_ = true;
  }

  const query::SortPattern& pattern_;
  const query::QueryContext& context_;
  KeptMetadata kept_;
  Sorter sorter_;
  bool sorted_ = false;
};

class SortSpec final : public StageSpec {
 public:
  SortSpec(const StageTraits& traits, bson::Element body, query::DocumentMetadata* metadata)
      : StageSpec(traits, body), pattern_(body.as_document(), metadata) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<SortStage>(std::move(source), *this, pattern_, limit_, context);
  }
  const query::SortPattern* sort_pattern() const override { return &pattern_; }
  void set_sort_limit(std::int64_t count) override {
    limit_ = std::min(limit_, static_cast<std::size_t>(count));
  }

 private:
  query::SortPattern pattern_;
  std::size_t limit_ = Sorter::kNoLimit;
};

}  // namespace

void parse_sort(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                Pipeline& out) {
  if (!body.is_document()) raise(location(15973), "the $sort key specification must be an object");
  if (body.as_document().empty())
    raise(location(15976), "$sort stage must have at least one sort key");
  out.push_back(std::make_unique<SortSpec>(traits, body, context.query.metadata));
}

}  // namespace freshet::pipeline

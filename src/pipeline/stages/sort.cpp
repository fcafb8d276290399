// SPDX-License-Identifier: Apache-2.0
// $sort: everything in memory, or only the first k when a limit follows.
#include "query/sort.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/memory.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

struct Row {
  std::string key;
  std::uint64_t sequence;  ///< equal keys keep their order
  std::string document;
  std::size_t bytes() const { return sizeof(Row) + key.size() + document.size(); }
};

struct RowBefore {
  bool operator()(const Row& a, const Row& b) const {
    const int order = a.key.compare(b.key);
    return order != 0 ? order < 0 : a.sequence < b.sequence;
  }
};

class SortStage final : public ExplainedStage {
 public:
  SortStage(StagePtr source, const StageSpec& spec, const query::SortPattern& pattern,
            std::size_t limit, const query::QueryContext& context)
      : ExplainedStage(std::move(source), spec),
        pattern_(pattern),
        limit_(limit),
        context_(context) {}

  std::optional<bson::View> next(Operation& op) override {
    if (!sorted_) sort(op);
    if (position_ > 0) rows_[position_ - 1].document = {};
    if (position_ == rows_.size()) return std::nullopt;
    return bson::View(rows_[position_++].document);
  }

 private:
  void sort(Operation& op) {
    std::uint64_t sequence = 0;
    while (const auto document = source().next(op)) {
      op.check();
      add({pattern_.key(*document, context_.collation), sequence++, std::string()}, *document);
    }
    std::sort(rows_.begin(), rows_.end(), RowBefore());
    sorted_ = true;
  }

  /// While limited, rows_ is a heap with the last of the wanted rows on top.
  void add(Row row, bson::View document) {
    if (rows_.size() == limit_) {
      if (!RowBefore()(row, rows_.front())) return;
      std::pop_heap(rows_.begin(), rows_.end(), RowBefore());
      memory_.release(rows_.back().bytes());
      rows_.pop_back();
    }
    row.document = document.to_string();
    memory_.use(row.bytes());
    rows_.push_back(std::move(row));
    if (limit_ != kNoLimit) std::push_heap(rows_.begin(), rows_.end(), RowBefore());
  }

  const query::SortPattern& pattern_;
  std::size_t limit_;
  const query::QueryContext& context_;
  StageMemory memory_{"$sort"};
  std::vector<Row> rows_;
  std::size_t position_ = 0;
  bool sorted_ = false;
};

class SortSpec final : public StageSpec {
 public:
  SortSpec(const StageTraits& traits, bson::Element body)
      : StageSpec(traits, body), pattern_(body.as_document()) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<SortStage>(std::move(source), *this, pattern_, limit_, context.query);
  }
  const query::SortPattern* sort_pattern() const override { return &pattern_; }
  void set_sort_limit(std::int64_t count) override {
    limit_ = std::min(limit_, static_cast<std::size_t>(count));
  }

 private:
  query::SortPattern pattern_;
  std::size_t limit_ = kNoLimit;
};

}  // namespace

void parse_sort(const StageTraits& traits, bson::Element body, const PipelineContext&,
                Pipeline& out) {
  if (!body.is_document()) raise(location(15973), "the $sort key specification must be an object");
  if (body.as_document().empty())
    raise(location(15976), "$sort stage must have at least one sort key");
  out.push_back(std::make_unique<SortSpec>(traits, body));
}

}  // namespace freshet::pipeline

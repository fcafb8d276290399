// SPDX-License-Identifier: Apache-2.0
// $sample: so many documents, each with the same chance (reservoir sampling), in random order.
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "base/random.h"
#include "pipeline/stages/memory.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

class SampleStage final : public ExplainedStage {
 public:
  SampleStage(StagePtr source, const StageSpec& spec, std::int64_t size, Random& random)
      : ExplainedStage(std::move(source), spec),
        size_(static_cast<std::uint64_t>(size)),
        random_(random) {}

  std::optional<bson::View> next(Operation& op) override {
    if (!drawn_) draw(op);
    if (next_ == sample_.size()) return std::nullopt;
    return bson::View(sample_[next_++]);
  }

 private:
  void draw(Operation& op) {
    drawn_ = true;
    std::uint64_t seen = 0;
    while (const auto document = source().next(op)) {
      op.check();
      ++seen;
      if (sample_.size() < size_) {
        memory_.use(document->size_bytes());
        sample_.push_back(document->to_string());
      } else if (const std::uint64_t at = random_.below(seen); at < size_) {
        memory_.release(sample_[at].size());
        memory_.use(document->size_bytes());
        sample_[at] = document->to_string();
      }
    }
    for (std::size_t i = sample_.size(); i > 1; --i)
      std::swap(sample_[i - 1], sample_[random_.below(i)]);
  }

  const std::uint64_t size_;
  Random& random_;
  bool drawn_ = false;
  std::size_t next_ = 0;
  std::vector<std::string> sample_;
  StageMemory memory_{"$sample"};
};

class SampleSpec final : public StageSpec {
 public:
  SampleSpec(const StageTraits& traits, bson::Element body, std::int64_t size)
      : StageSpec(traits, body), size_(size) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<SampleStage>(std::move(source), *this, size_, *context.query.random);
  }

 private:
  const std::int64_t size_;
};

}  // namespace

void parse_sample(const StageTraits& traits, bson::Element body, const PipelineContext&,
                  Pipeline& out) {
  if (!body.is_document())
    raise(location(28745), "the $sample stage specification must be an object");
  std::optional<std::int64_t> size;
  for (const bson::Element& element : body.as_document()) {
    if (element.name() != "size")
      raise(location(28748), "unrecognized option to $sample: {}", element.name());
    if (!element.is_number()) raise(location(28746), "size argument to $sample must be a number");
    size = element.number_as_int64();
  }
  if (!size) raise(location(28749), "$sample stage must specify a size");
  if (*size <= 0)
    raise(location(28747), "size argument to $sample must be positive, found {}", *size);
  out.push_back(std::make_unique<SampleSpec>(traits, body, *size));
}

}  // namespace freshet::pipeline

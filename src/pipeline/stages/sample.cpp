// SPDX-License-Identifier: Apache-2.0
// $sample: so many documents, each with the same chance, in random order.
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "base/random.h"
#include "pipeline/kept_metadata.h"
#include "pipeline/spill/sorter.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

/// Every document draws a number; those with the smallest ones are the sample, in that order.
class SampleStage final : public ExplainedStage {
 public:
  SampleStage(StagePtr source, const StageSpec& spec, std::int64_t size,
              const BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        random_(*context.query.random),
        kept_(context.query.metadata),
        sorter_("$sample", context.spill, static_cast<std::size_t>(size)) {}

  std::optional<bson::View> next(Operation& op) override {
    if (!std::exchange(drawn_, true)) draw(op);
    const auto row = sorter_.next(op);
    if (!row) return std::nullopt;
    return kept_.unpack(bson::View(row->payload));
  }

 private:
  void draw(Operation& op) {
    while (const auto document = source().next(op)) {
      op.check();
      const std::uint64_t lot = random_.next();
      std::string key(sizeof lot, '\0');
      std::memcpy(key.data(), &lot, sizeof lot);
      sorter_.add(std::move(key), kept_.pack(*document).bytes());
    }
    sorter_.finish(op);
  }

  Random& random_;
  KeptMetadata kept_;
  Sorter sorter_;
  bool drawn_ = false;
};

class SampleSpec final : public StageSpec {
 public:
  SampleSpec(const StageTraits& traits, bson::Element body, std::int64_t size)
      : StageSpec(traits, body), size_(size) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<SampleStage>(std::move(source), *this, size_, context);
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

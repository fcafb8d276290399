// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/sub_pipeline.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"

namespace freshet::pipeline {
namespace {

std::string both(bson::View a, bson::View b) {
  if (a.empty()) return b.to_string();
  if (b.empty()) return a.to_string();
  bson::Builder out;
  out.open_array("$and").push(a).push(b).close();
  return out.take();
}

std::vector<std::string> with_outer(const std::vector<std::string>& own,
                                    const query::CorrelatedVariables* outer) {
  std::vector<std::string> names = own;
  if (outer != nullptr) names.insert(names.end(), outer->names.begin(), outer->names.end());
  return names;
}

}  // namespace

SubPipeline::SubPipeline(Place place, bson::View array, std::vector<std::string> variables,
                         const PipelineContext& outer)
    : place_(std::move(place)),
      own_(std::move(variables)),
      search_(outer.collections == nullptr
                  ? query::SearchScope()
                  : outer.collections->search_scope(place_.database, place_.collection)),
      variables_{with_outer(own_, outer.query.correlated), bson::View()},
      context_(outer.query),
      pipeline_([&] {
        context_.search = outer.collections == nullptr ? nullptr : &search_;
        context_.metadata = &metadata_;
        context_.correlated = &variables_;
        return parse_pipeline(array, {.query = context_,
                                      .database = place_.database,
                                      .collection = place_.collection,
                                      .kind = place_.kind,
                                      .depth = outer.depth + 1,
                                      .collections = outer.collections});
      }()),
      repeated_(count_repeated_stages(pipeline_, variables_.names)) {
  // From here on only the filter of a leading $geoNear is parsed.
  search_.near = begins_with_near();
}

bool SubPipeline::begins_with_near() const {
  return !pipeline_.empty() && pipeline_.front()->traits().first_only &&
         pipeline_.front()->match_filter().has_value();
}

void SubPipeline::set_values(bson::View own, const query::CorrelatedVariables* outer) {
  bson::Builder out;
  if (outer != nullptr) {
    for (const bson::Element& element : outer->values) {
      if (std::ranges::find(own_, element.name()) == own_.end()) out.add(element);
    }
  }
  out.add_all(own);
  values_ = out.take();
  variables_.values = bson::View(values_);
}

StagePtr SubPipeline::chain(StagePtr source, std::size_t first, std::size_t end) {
  for (std::size_t i = first; i < end; ++i)
    source = pipeline_[i]->build(std::move(source), *build_);
  return source;
}

StagePtr SubPipeline::open_collection(bson::View also) {
  std::string filter = also.to_string();
  if (!pipeline_.empty()) {
    if (const auto match = pipeline_.front()->match_filter()) filter = both(also, *match);
  }
  return build_->collections->open(place_.database, place_.collection, bson::View(filter),
                                   context_);
}

StagePtr SubPipeline::open(bson::View also, bson::View values, const BuildContext& outer) {
  if (!build_) {
    build_.emplace(BuildContext{.query = context_,
                                .collections = outer.collections,
                                .database = place_.database,
                                .collection = place_.collection,
                                .spill = outer.spill});
  }
  set_values(values, outer.query.correlated);
  if (cache_.complete()) return chain(cache_.replay(), repeated_, pipeline_.size());
  StagePtr source = open_collection(also);
  const bool matched = !pipeline_.empty() && pipeline_.front()->match_filter();
  const std::size_t first = matched && !begins_with_near() ? 1 : 0;
  const bool repeats =
      place_.kind == PipelineKind::Lookup && also.empty() && (repeated_ > 0 || pipeline_.empty());
  // The cache has no place for what {$meta: …} shows.
  if (!repeats || !cache_.wanted() || metadata_.wants_any()) {
    return chain(std::move(source), first, pipeline_.size());
  }
  source = cache_.record(chain(std::move(source), first, repeated_), outer.spill.stage_bytes_max);
  return chain(std::move(source), repeated_, pipeline_.size());
}

void SubPipeline::add_other_collections(std::vector<StageSpec::OtherCollection>& out) const {
  out.push_back({place_.database, place_.collection, false});
  for (const StageSpecPtr& stage : pipeline_)
    stage->add_other_collections(out);
}

}  // namespace freshet::pipeline

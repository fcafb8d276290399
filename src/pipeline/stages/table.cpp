// SPDX-License-Identifier: Apache-2.0
// The stages of an aggregation pipeline: one row each. To add one, write its file, declare its
// parser in stages.h, add a row here.
#include <algorithm>

#include "base/error.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

/// Makes its own documents; nowhere but at the beginning.
constexpr StageTraits source(std::string_view name) {
  StageTraits traits;
  traits.name = name;
  traits.first_only = true;
  traits.in_facet = false;
  return traits;
}

/// Reads the collection, in an order of its own.
constexpr StageTraits near_source() {
  StageTraits traits = source("$geoNear");
  traits.in_view = false;
  traits.keeps_metadata = true;
  return traits;
}

/// Runs on its own engine, in stream/; here for its place in a pipeline.
constexpr StageTraits change_stream() {
  StageTraits traits = source("$changeStream");
  traits.in_lookup = false;
  traits.in_view = false;
  return traits;
}

/// Writes; nowhere but at the end of a top-level pipeline.
constexpr StageTraits sink(std::string_view name) {
  StageTraits traits;
  traits.name = name;
  traits.last_only = true;
  traits.in_facet = false;
  traits.in_lookup = false;
  traits.in_view = false;
  return traits;
}

constexpr StageTraits anywhere(std::string_view name) {
  StageTraits traits;
  traits.name = name;
  return traits;
}

constexpr StageTraits in_streams(std::string_view name) {
  StageTraits traits;
  traits.name = name;
  traits.in_change_stream = true;
  traits.keeps_metadata = true;
  return traits;
}

/// One document after the other passes, or is kept with its metadata.
constexpr StageTraits passing(std::string_view name) {
  StageTraits traits;
  traits.name = name;
  traits.keeps_metadata = true;
  return traits;
}

constexpr StageTraits not_in_facet(std::string_view name) {
  StageTraits traits;
  traits.name = name;
  traits.in_facet = false;
  return traits;
}

constexpr StageRow kStages[] = {
    {in_streams("$addFields"), parse_transform_stage},
    {in_streams("$match"), parse_transform_stage},
    {in_streams("$project"), parse_transform_stage},
    {in_streams("$redact"), parse_transform_stage},
    {in_streams("$replaceRoot"), parse_transform_stage},
    {in_streams("$replaceWith"), parse_transform_stage},
    {in_streams("$set"), parse_transform_stage},
    {in_streams("$unset"), parse_transform_stage},
    {anywhere("$bucket"), parse_bucket},
    {anywhere("$bucketAuto"), parse_bucket_auto},
    {change_stream(), parse_given_documents},
    {source("$collStats"), parse_given_documents},
    {anywhere("$count"), parse_count},
    {source("$currentOp"), parse_given_documents},
    {anywhere("$densify"), parse_densify},
    {source("$documents"), parse_documents},
    {not_in_facet("$facet"), parse_facet},
    {anywhere("$fill"), parse_fill},
    {near_source(), parse_geo_near},
    {passing("$graphLookup"), parse_graph_lookup},
    {anywhere("$group"), parse_group},
    {source("$indexStats"), parse_given_documents},
    {passing("$limit"), parse_limit},
    {source("$listLocalSessions"), parse_given_documents},
    {source("$listSessions"), parse_given_documents},
    {passing("$lookup"), parse_lookup},
    {sink("$merge"), parse_merge},
    {sink("$out"), parse_out},
    {source("$planCacheStats"), parse_empty_source},
    {source("$querySettings"), parse_empty_source},
    {passing("$sample"), parse_sample},
    {passing("$setWindowFields"), parse_set_window_fields},
    {passing("$skip"), parse_skip},
    {passing("$sort"), parse_sort},
    {anywhere("$sortByCount"), parse_sort_by_count},
    {anywhere("$unionWith"), parse_union_with},
    {passing("$unwind"), parse_unwind},
    // known, but not here
    {anywhere("$changeStreamSplitLargeEvent"), refuse_outside_stream},
    {source("$listSampledQueries"), parse_empty_source},
    {anywhere("$listSearchIndexes"), refuse_atlas_stage},
    {source("$queryStats"), refuse_query_stats},
    {anywhere("$rankFusion"), refuse_atlas_stage},
    {anywhere("$rerank"), refuse_atlas_stage},
    {anywhere("$score"), refuse_atlas_stage},
    {anywhere("$scoreFusion"), refuse_atlas_stage},
    {anywhere("$search"), refuse_atlas_stage},
    {anywhere("$searchMeta"), refuse_atlas_stage},
    {source("$shardedDataDistribution"), refuse_sharding_stage},
    {anywhere("$vectorSearch"), refuse_atlas_stage},
};

}  // namespace

const StageRow* find_stage_row(std::string_view name) {
  const auto* found = std::find_if(std::begin(kStages), std::end(kStages),
                                   [&](const StageRow& row) { return row.traits.name == name; });
  return found == std::end(kStages) ? nullptr : found;
}

void parse_stage(bson::View stage, const PipelineContext& context, Pipeline& out) {
  if (stage.count() != 1) {
    raise(location(40323), "A pipeline stage specification object must contain exactly one field.");
  }
  const bson::Element body = *stage.begin();
  if (body.name() == "$changeStreamSplitLargeEvent") {
    raise(ErrorCode::IllegalOperation, "{} may only stand in a $changeStream pipeline",
          body.name());
  }
  const StageRow* row = find_stage_row(body.name());
  if (row == nullptr) raise(location(40324), "Unrecognized pipeline stage name: '{}'", body.name());
  row->parse(row->traits, body, context, out);
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// The parsers behind the table of stages, one file each, and what they share.
#pragma once

#include <string>
#include <string_view>

#include "bson/builder.h"
#include "pipeline/pipeline.h"

namespace freshet::pipeline {

/// Appends what {$stage: body} means; some stages are written in terms of others.
using ParseStage = void (*)(const StageTraits& traits, bson::Element body,
                            const PipelineContext& context, Pipeline& out);

struct StageRow {
  StageTraits traits;
  ParseStage parse;
};

/// Null when there is none of that name.
const StageRow* find_stage_row(std::string_view name);
/// Parses one stage document, {"$x": …}, without looking at its neighbours.
void parse_stage(bson::View stage, const PipelineContext& context, Pipeline& out);

/// Throws where a stage may not stand in a pipeline of that kind at all. Done for every stage once
/// it is parsed; a stage whose place matters more than its body asks at once.
void check_kind(const StageTraits& traits, PipelineKind kind);

void parse_transform_stage(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_given_documents(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_limit(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_skip(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_sort(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_group(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_count(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_sort_by_count(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_unwind(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_sample(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_bucket(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_bucket_auto(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_facet(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_lookup(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_geo_near(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_graph_lookup(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_union_with(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_documents(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_set_window_fields(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_fill(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_densify(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_empty_source(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void refuse_atlas_stage(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void refuse_sharding_stage(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void refuse_query_stats(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void refuse_outside_stream(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_out(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);
void parse_merge(const StageTraits&, bson::Element, const PipelineContext&, Pipeline&);

/// A stage that is explained as it was written.
class ExplainedStage : public Stage {
 public:
  ExplainedStage(StagePtr source, const StageSpec& spec) : Stage(std::move(source)), spec_(spec) {}
  void explain(bson::Builder& out) const override {
    Stage::explain(out);
    out.push(spec_.document());
  }

 private:
  const StageSpec& spec_;
};

}  // namespace freshet::pipeline

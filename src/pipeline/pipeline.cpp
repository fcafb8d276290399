// SPDX-License-Identifier: Apache-2.0
// Parsing whole pipelines: the rules about which stage may stand where, and what a $sort learns
// from a $limit.
#include "pipeline/pipeline.h"

#include <limits>

#include "base/error.h"
#include "bson/builder.h"
#include "pipeline/stages/stages.h"
#include "query/document_metadata.h"
#include "query/match_text.h"

namespace freshet::pipeline {

void check_kind(const StageTraits& traits, PipelineKind kind) {
  switch (kind) {
    case PipelineKind::Facet:
      if (!traits.in_facet) {
        raise(location(40600), "{} is not allowed to be used within a $facet stage", traits.name);
      }
      break;
    case PipelineKind::Lookup:
      if (!traits.in_lookup) {
        raise(location(51047), "{} is not allowed within a $lookup's sub-pipeline", traits.name);
      }
      break;
    case PipelineKind::UnionWith:
      if (!traits.in_lookup) {
        raise(location(31441), "{} is not allowed within a $unionWith's sub-pipeline", traits.name);
      }
      break;
    case PipelineKind::View:
      if (!traits.in_view) {
        raise(ErrorCode::OptionNotSupportedOnView, "{} is not allowed in a view's pipeline",
              traits.name);
      }
      break;
    case PipelineKind::Top:
      break;
  }
}

namespace {

void check_positions(const Pipeline& pipeline, PipelineKind kind) {
  const bool change_stream = !pipeline.empty() && pipeline.front()->name() == "$changeStream";
  for (std::size_t i = 0; i < pipeline.size(); ++i) {
    const StageTraits& traits = pipeline[i]->traits();
    check_kind(traits, kind);
    if (traits.first_only && i != 0) {
      raise(location(40602), "{} is only valid as the first stage in a pipeline", traits.name);
    }
    if (traits.last_only && i + 1 != pipeline.size()) {
      raise(location(40601), "{} can only be the final stage in the pipeline", traits.name);
    }
    if (change_stream && i != 0 && !traits.in_change_stream) {
      raise(ErrorCode::IllegalOperation, "{} is not permitted in a $changeStream pipeline",
            traits.name);
    }
  }
}

/// How many documents behind stage `from` are wanted at most.
std::optional<std::int64_t> wanted_behind(const Pipeline& pipeline, std::size_t from) {
  std::int64_t skipped = 0;
  for (std::size_t i = from; i < pipeline.size(); ++i) {
    if (const auto limit = pipeline[i]->limit()) {
      if (*limit > std::numeric_limits<std::int64_t>::max() - skipped) return std::nullopt;
      return *limit + skipped;
    }
    if (const auto skip = pipeline[i]->skip()) {
      if (*skip > std::numeric_limits<std::int64_t>::max() - skipped) return std::nullopt;
      skipped += *skip;
    } else if (!pipeline[i]->is_one_to_one()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool is_match(bson::View stage) {
  return !stage.empty() && stage.begin()->name() == "$match" && stage.begin()->is_document();
}

/// A $text searches a collection: it belongs to the first stage of a pipeline that reads one.
void check_text(bson::View stage, const PipelineContext& context, bool first) {
  if (!is_match(stage) || !query::mentions_text(stage.begin()->as_document())) return;
  if (!first) {
    raise(location(17313), "$match with $text is only allowed as the first pipeline stage");
  }
  if (context.kind == PipelineKind::Facet) {
    raise(location(40600), "$match with $text is not allowed to be used within a $facet stage");
  }
}

/// What the stages behind `stage` can ask for with {$meta: …}.
void note_metadata(bson::View document, const StageSpec& stage, query::DocumentMetadata* metadata) {
  if (metadata == nullptr) return;
  if (!stage.traits().keeps_metadata) metadata->withdraw();
  if (is_match(document) && query::mentions_text(document.begin()->as_document())) {
    metadata->offer(query::DocumentMetadata::Kind::TextScore);
  }
}

Pipeline parse_stages(bson::View array, const PipelineContext& context) {
  Pipeline pipeline;
  std::size_t count = 0;
  for (const auto& element : array) {
    if (!element.is_document()) {
      raise(ErrorCode::TypeMismatch, "Each element of the 'pipeline' array must be an object");
    }
    if (++count > kPipelineStagesMax) {
      raise(location(7749501), "Pipeline length must be no longer than {} stages",
            kPipelineStagesMax);
    }
    check_text(element.as_document(), context, count == 1);
    parse_stage(element.as_document(), context, pipeline);
    if (!pipeline.empty()) {
      note_metadata(element.as_document(), *pipeline.back(), context.query.metadata);
    }
  }
  return pipeline;
}

}  // namespace

StageSpec::StageSpec(const StageTraits& traits, bson::ValueView body) : traits_(traits) {
  bson::Builder document;
  document.add(traits.name, body);
  document_ = document.take();
}

Pipeline parse_pipeline(bson::View array, const PipelineContext& context) {
  if (context.depth > kSubPipelineDepthMax) {
    raise(location(232), "pipelines may nest at most {} deep", kSubPipelineDepthMax);
  }
  // Each facet begins with the documents that reach the $facet.
  const query::SameOffer offer(context.kind == PipelineKind::Facet ? context.query.metadata
                                                                   : nullptr);
  Pipeline pipeline = parse_stages(array, context);
  check_positions(pipeline, context.kind);
  for (std::size_t i = 0; i < pipeline.size(); ++i) {
    if (pipeline[i]->sort_pattern() == nullptr) continue;
    if (const auto wanted = wanted_behind(pipeline, i + 1)) pipeline[i]->set_sort_limit(*wanted);
  }
  return pipeline;
}

StagePtr build_pipeline(const Pipeline& pipeline, std::size_t first, StagePtr source,
                        BuildContext& context) {
  for (std::size_t i = first; i < pipeline.size(); ++i)
    source = pipeline[i]->build(std::move(source), context);
  return source;
}

const StageTraits* find_stage(std::string_view name) {
  const StageRow* row = find_stage_row(name);
  return row == nullptr ? nullptr : &row->traits;
}

}  // namespace freshet::pipeline

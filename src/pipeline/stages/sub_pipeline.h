// SPDX-License-Identifier: Apache-2.0
// The pipeline that a $lookup or a $unionWith runs on another collection.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "pipeline/pipeline.h"
#include "pipeline/stages/document_cache.h"
#include "query/context.h"
#include "query/document_metadata.h"

namespace freshet::pipeline {

/// Parsed once, run as often as its stage asks. Belongs to one plan, which runs the stages of one
/// specification one after the other. Not thread-safe.
class SubPipeline {
 public:
  struct Place {
    std::string database;
    std::string collection;
    PipelineKind kind;
  };

  /// `variables`: the names of those that the stage itself defines. Throws what parse_pipeline()
  /// does. Requires: `outer.query` outlives it.
  SubPipeline(Place place, bson::View array, std::vector<std::string> variables,
              const PipelineContext& outer);
  SubPipeline(const SubPipeline&) = delete;
  SubPipeline& operator=(const SubPipeline&) = delete;

  /// The stages over those documents that match `also` (empty: all). `values` are those of its own
  /// variables, none for what is missing, and are copied. The stages end before the next open().
  StagePtr open(bson::View also, bson::View values, const BuildContext& outer);

  /// Its own collection, and those that its stages read.
  void add_other_collections(std::vector<StageSpec::OtherCollection>& out) const;

 private:
  StagePtr open_collection(bson::View also);
  StagePtr chain(StagePtr source, std::size_t first, std::size_t end);
  bool begins_with_near() const;
  void set_values(bson::View own, const query::CorrelatedVariables* outer);

  const Place place_;
  const std::vector<std::string> own_;  // the names of its variables
  query::SearchScope search_;
  query::DocumentMetadata metadata_;
  query::CorrelatedVariables variables_;  // its own and those of enclosing stages
  std::string values_;
  query::QueryContext context_;
  Pipeline pipeline_;
  const std::size_t repeated_;  // so many stages give the same in each run
  DocumentCache cache_;         // what they give
  std::optional<BuildContext> build_;
};

}  // namespace freshet::pipeline

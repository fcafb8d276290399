// SPDX-License-Identifier: Apache-2.0
// Which fields of the documents a plan reads: those of an index may be enough.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "pipeline/pipeline.h"
#include "query/match_node.h"

namespace freshet::pipeline {

struct Needs {
  bool everything = true;          ///< `paths` does not count
  std::vector<std::string> paths;  ///< dotted; none: nothing is read, somebody counts

  void add(std::string path);
};

/// What a find with this projection shows.
Needs needs_of_projection(bson::View projection);
/// What the stages from `first` on read.
Needs needs_of_pipeline(const Pipeline& pipeline, std::size_t first,
                        const query::QueryContext& context);
/// What a filter reads; nothing when that is more than the values at some paths.
std::optional<std::vector<std::string>> paths_of_filter(const query::MatchNode& root);

}  // namespace freshet::pipeline

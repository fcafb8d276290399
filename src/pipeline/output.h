// SPDX-License-Identifier: Apache-2.0
// What $out and $merge want done with the documents that reach them. The stages only say it; the
// command that runs the pipeline writes, because a write may have to wait.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet::pipeline {

/// Immutable once parsed; owned by the stage's specification.
struct OutputOptions {
  enum class Kind : std::uint8_t { Out, Merge };
  enum class WhenMatched : std::uint8_t { Merge, Replace, KeepExisting, Fail, Pipeline };
  enum class WhenNotMatched : std::uint8_t { Insert, Discard, Fail };

  Kind kind = Kind::Out;
  std::string database;
  std::string collection;

  // $merge only.
  std::vector<std::string> on = {"_id"};  ///< paths that together name one document
  WhenMatched when_matched = WhenMatched::Merge;
  WhenNotMatched when_not_matched = WhenNotMatched::Insert;
  std::string pipeline;  ///< BSON array, with WhenMatched::Pipeline
  std::string let;       ///< BSON document of expressions over the incoming document
};

}  // namespace freshet::pipeline

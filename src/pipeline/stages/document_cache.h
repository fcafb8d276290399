// SPDX-License-Identifier: Apache-2.0
// What the first stages of a pipeline give, kept for its next run where that is the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pipeline.h"

namespace freshet::pipeline {

/// Filled by the first run, if that reads to the end and the documents fit. Not thread-safe.
class DocumentCache {
 public:
  /// Records what `source` gives on its way. Requires: the cache outlives the stage.
  StagePtr record(StagePtr source, std::size_t bytes_max);
  bool complete() const { return state_ == State::Complete; }
  /// Whether record() is worth calling.
  bool wanted() const { return state_ == State::Empty; }
  /// Gives the documents again. Requires: complete().
  StagePtr replay() const;

 private:
  enum class State : std::uint8_t { Empty, Filling, Complete, GivenUp };
  class Recorder;
  class Replay;

  void give_up();

  State state_ = State::Empty;
  std::size_t bytes_ = 0;
  std::vector<std::string> documents_;
};

/// How many stages from the first on give the same whatever the values of `variables`, and whenever
/// they run.
std::size_t count_repeated_stages(const Pipeline& pipeline,
                                  const std::vector<std::string>& variables);

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// Writes the stages of a plan as explain shows them, with what they did or without.
#pragma once

#include <cstdint>
#include <string_view>

#include "bson/builder.h"

namespace freshet::pipeline {

/// What one stage did.
struct StageCounts {
  std::int64_t works = 0;     ///< how often it was asked
  std::int64_t advanced = 0;  ///< how often it gave something
  std::int64_t saves = 0;
  std::int64_t restores = 0;
  bool at_end = false;
};

/// Into an open document of a builder, which must outlive it.
class StageText {
 public:
  StageText(bson::Builder& out, bool with_counts) : out_(out), with_counts_(with_counts) {}

  bson::Builder& out() { return out_; }
  bool with_counts() const { return with_counts_; }

  /// "stage", and what the stage did where that is wanted.
  StageText& stage(std::string_view name, const StageCounts& counts);
  /// The same with the filter of the stage between the two; empty: none.
  StageText& stage(std::string_view name, bson::View filter, const StageCounts& counts);

 private:
  void add_counts(const StageCounts& counts);

  bson::Builder& out_;
  const bool with_counts_;
};

}  // namespace freshet::pipeline

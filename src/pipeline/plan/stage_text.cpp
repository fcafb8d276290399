// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/stage_text.h"

#include <limits>

namespace freshet::pipeline {
namespace {

// Numbers are int32 in MongoDB's replies as long as they fit.
void add_number(bson::Builder& out, std::string_view name, std::int64_t value) {
  if (value <= std::numeric_limits<std::int32_t>::max()) {
    out.add(name, static_cast<std::int32_t>(value));
  } else {
    out.add(name, value);
  }
}

}  // namespace

StageText& StageText::stage(std::string_view name, const StageCounts& counts) {
  return stage(name, bson::View(), counts);
}

StageText& StageText::stage(std::string_view name, bson::View filter, const StageCounts& counts) {
  out_.add("stage", name);
  if (!filter.empty()) out_.add("filter", filter);
  if (with_counts_) add_counts(counts);
  return *this;
}

void StageText::add_counts(const StageCounts& counts) {
  add_number(out_, "nReturned", counts.advanced);
  out_.add("executionTimeMillisEstimate", std::int32_t{0});
  add_number(out_, "works", counts.works);
  add_number(out_, "advanced", counts.advanced);
  add_number(out_, "needTime", counts.works - counts.advanced - (counts.at_end ? 1 : 0));
  out_.add("needYield", std::int32_t{0});
  add_number(out_, "saveState", counts.saves);
  add_number(out_, "restoreState", counts.restores);
  out_.add("isEOF", static_cast<std::int32_t>(counts.at_end));
}

}  // namespace freshet::pipeline

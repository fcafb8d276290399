// SPDX-License-Identifier: Apache-2.0
// Running a pipeline that ends in $out or $merge: its documents are taken in portions, and each
// portion is one commit, run again when somebody else was faster, parked while a key is held.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collection/write_unit.h"
#include "collection/writer.h"
#include "command/context.h"
#include "pipeline/output.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::collection {
class Data;
}

namespace freshet::command {

/// What bears upon the writes of $out and $merge beside the stage itself.
struct OutputArguments {
  bool bypass_validation = false;
};

/// Base of the two outputs. The plan reads one snapshot throughout, so it never meets what it
/// writes. Not thread-safe.
class PipelineOutput {
 public:
  PipelineOutput(std::unique_ptr<pipeline::QueryPlan> plan, const OutputArguments& arguments);
  virtual ~PipelineOutput();
  PipelineOutput(const PipelineOutput&) = delete;
  PipelineOutput& operator=(const PipelineOutput&) = delete;

  /// Done or Parked. Throws what fails the command.
  Progress step(CommandContext& context);
  /// Requires: the last step returned Parked.
  Park park(CommandContext& context);

 protected:
  const pipeline::OutputOptions& options() const { return *plan_->output(); }
  pipeline::QueryPlan& plan() { return *plan_; }
  model::Namespace target() const { return {options().database, options().collection}; }
  collection::WriteContext write_context(CommandContext& context) const;

  /// Once, before the first document.
  virtual void begin(CommandContext& context) = 0;
  /// Writes one document. Done, Conflict or Changed (the portion is then run again).
  virtual collection::WriteStatus write(CommandContext& context, collection::WriteUnit& unit,
                                        bson::View document) = 0;
  /// Once, after the last document was committed.
  virtual void finish(CommandContext& context) = 0;

 private:
  void fill_portion(CommandContext& context);
  collection::WriteStatus write_portion(CommandContext& context);
  bool commit(CommandContext& context);
  void drop_written();

  std::unique_ptr<pipeline::QueryPlan> plan_;
  const OutputArguments arguments_;
  bool begun_ = false;
  bool source_ended_ = false;
  std::vector<std::string> portion_;  // not committed yet
  std::size_t written_ = 0;           // so many of them, in the unit
  std::string left_over_;             // did not fit into the portion
  std::optional<collection::WriteUnit> unit_;
};

/// Drops what an $out was filling when the process ended. Call once, at the start.
void drop_abandoned_outputs(collection::Data& data);

std::unique_ptr<PipelineOutput> make_out_output(std::unique_ptr<pipeline::QueryPlan> plan,
                                                const OutputArguments& arguments);
std::unique_ptr<PipelineOutput> make_merge_output(std::unique_ptr<pipeline::QueryPlan> plan,
                                                  const OutputArguments& arguments);

}  // namespace freshet::command

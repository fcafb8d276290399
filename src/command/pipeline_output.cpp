// SPDX-License-Identifier: Apache-2.0
#include "command/pipeline_output.h"

#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "collection/data.h"
#include "command/write_batch.h"

namespace freshet::command {

PipelineOutput::PipelineOutput(std::unique_ptr<pipeline::QueryPlan> plan,
                               const OutputArguments& arguments)
    : plan_(std::move(plan)), arguments_(arguments) {}

PipelineOutput::~PipelineOutput() = default;

collection::WriteContext PipelineOutput::write_context(CommandContext& context) const {
  collection::WriteContext out = context.services.data.write_context();
  out.bypass_validation = arguments_.bypass_validation;
  return out;
}

Progress PipelineOutput::step(CommandContext& context) {
  if (!std::exchange(begun_, true)) begin(context);
  while (true) {
    context.op.check();
    if (portion_.empty()) fill_portion(context);
    if (portion_.empty()) break;
    unit_.emplace(context.services.data.begin());
    const collection::WriteStatus status = write_portion(context);
    if (status == collection::WriteStatus::Conflict) return Progress::Parked;
    if (status == collection::WriteStatus::Done && commit(context)) drop_written();
    unit_.reset();
  }
  finish(context);
  return Progress::Done;
}

Park PipelineOutput::park(CommandContext& context) {
  return Park{.subscribe =
                  [this](const WakerPtr& waker) {
                    unit_->transaction().wait_for_conflict(waker);
                    unit_.reset();
                  },
              .deadline = context.op.deadline()};
}

void PipelineOutput::fill_portion(CommandContext& context) {
  const auto count_max = static_cast<std::size_t>(context.services.limits.commit_chunk_count_max);
  const auto bytes_max = static_cast<std::size_t>(context.services.limits.commit_chunk_bytes_max);
  std::size_t bytes = left_over_.size();
  if (!left_over_.empty()) portion_.push_back(std::exchange(left_over_, {}));
  while (!source_ended_ && portion_.size() < count_max) {
    const std::optional<bson::View> document = plan_->root().next(context.op);
    if (!document) {
      source_ended_ = true;
      return;
    }
    bytes += document->size_bytes();
    if (bytes > bytes_max && !portion_.empty()) {
      left_over_ = document->to_string();
      return;
    }
    portion_.push_back(document->to_string());
  }
}

/// Small documents may change large ones: what has become large enough is committed first.
collection::WriteStatus PipelineOutput::write_portion(CommandContext& context) {
  const auto bytes_max = static_cast<std::size_t>(context.services.limits.commit_chunk_bytes_max);
  written_ = 0;
  while (written_ < portion_.size() && unit_->transaction().bytes() < bytes_max) {
    context.op.check();
    const collection::WriteStatus status = write(context, *unit_, bson::View(portion_[written_]));
    if (status != collection::WriteStatus::Done) return status;
    ++written_;
  }
  return collection::WriteStatus::Done;
}

void PipelineOutput::drop_written() {
  portion_.erase(portion_.begin(), portion_.begin() + static_cast<std::ptrdiff_t>(written_));
}

/// False when it has to be run again.
bool PipelineOutput::commit(CommandContext& context) {
  if (unit_->transaction().empty()) return true;
  const commit::CommitResult result = unit_->commit();
  if (result.status == commit::CommitStatus::StaleCatalog) return false;
  if (result.status != commit::CommitStatus::Committed) raise_commit_failure(result.status);
  context.operation_time = result.position;
  context.durable_position = result.position;
  return true;
}

}  // namespace freshet::command

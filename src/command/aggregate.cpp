// SPDX-License-Identifier: Apache-2.0
// aggregate: a pipeline over a collection, or a change stream when it begins with $changeStream.
#include <memory>
#include <utility>

#include "base/error.h"
#include "command/aggregate_arguments.h"
#include "command/change_stream_cursor.h"
#include "command/commands.h"
#include "command/cursor_reply.h"
#include "command/find_arguments.h"
#include "command/metrics.h"
#include "command/pipeline_output.h"
#include "command/plan_notes.h"
#include "command/plan_services.h"
#include "command/source_documents.h"
#include "command/transaction_arguments.h"
#include "cursor/query_source.h"

namespace freshet::command {
namespace {

model::Namespace cursor_namespace(const AggregateArguments& arguments) {
  if (!arguments.spec.ns.coll.empty()) return arguments.spec.ns;
  return model::Namespace::command_cursor(arguments.spec.ns.db, "aggregate");
}

class Aggregate final : public Work {
 public:
  explicit Aggregate(CommandContext& context)
      : arguments_(read_aggregate_arguments(context, context.body)) {
    if (!arguments_.has_cursor && !arguments_.explain) {
      raise(ErrorCode::FailedToParse,
            "The 'cursor' option is required, except for aggregate with the explain argument");
    }
    if (context.strict_api) check_stages_in_stable_api(arguments_.spec.pipeline);
    if (context.transaction) check_in_transaction();
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (arguments_.explain) {
      run_explain_aggregate(context, arguments_, reply);
      return Progress::Done;
    }
    if (output_) return step_output(context, reply);
    if (!reply_ && begins_with_change_stream(arguments_.spec.pipeline)) {
      reply_.emplace(CursorReply::Kind::First, open_change_stream(context, arguments_),
                     first_batch_limits(context, arguments_.batch_size));
    }
    if (!reply_) {
      if (!plan_) {
        if (reads_server_state(arguments_.spec.pipeline) && !context.on_worker) {
          return Progress::NeedWorker;
        }
        arguments_.spec.documents =
            source_documents(context, arguments_.spec.ns, arguments_.spec.pipeline);
      }
      if (!plan_)
        plan_ =
            pipeline::plan_aggregate(plan_services(context.services), arguments_.spec, context.op);
      const bool writes = plan_->output() != nullptr;
      if ((writes || plan_->is_long()) && !context.on_worker) return Progress::NeedWorker;
      note_plan(context, *plan_);
      if (writes) {
        open_output(context);
        return step_output(context, reply);
      }
      open(context);
    }
    return reply_->step(context, reply);
  }

  Park park(CommandContext& context) override {
    return output_ ? output_->park(context) : reply_->park();
  }

 private:
  void check_in_transaction() const {
    if (arguments_.explain) {
      raise(ErrorCode::OperationNotSupportedInTransaction,
            "Cannot run 'explain' in a multi-document transaction.");
    }
    check_stages_in_transaction(arguments_.spec.pipeline);
  }

  void open_output(CommandContext& context) {
    using Level = model::ReadConcern::Level;
    if (context.read_concern.effective_level() == Level::Linearizable) {
      raise(ErrorCode::InvalidOptions,
            "a pipeline that writes does not support readConcern 'linearizable'");
    }
    context.writes = true;
    output_ = plan_->output()->kind == pipeline::OutputOptions::Kind::Out
                  ? make_out_output(std::move(plan_), arguments_.output)
                  : make_merge_output(std::move(plan_), arguments_.output);
  }

  Progress step_output(CommandContext& context, bson::Builder& reply) {
    const Progress progress = output_->step(context);
    if (progress != Progress::Done) return progress;
    append_documents_cursor(context, reply, cursor_namespace(arguments_), {}, std::nullopt);
    return Progress::Done;
  }

  void open(CommandContext& context) {
    std::shared_ptr<const storage::Reader> reader = plan_->first_reader();
    context.operation_time = reader->position();
    auto source = std::make_unique<cursor::QuerySource>(std::move(plan_), std::move(reader));
    reply_.emplace(CursorReply::Kind::First,
                   context.services.cursors.open(
                       std::move(source), cursor_params(context, cursor_namespace(arguments_))),
                   first_batch_limits(context, arguments_.batch_size));
  }

  AggregateArguments arguments_;
  std::unique_ptr<pipeline::QueryPlan> plan_;
  std::optional<CursorReply> reply_;
  std::unique_ptr<PipelineOutput> output_;
};

}  // namespace

std::unique_ptr<Work> start_aggregate(CommandContext& context) {
  return std::make_unique<Aggregate>(context);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// find: documents of one collection, the first batch of them now.
#include <memory>
#include <utility>

#include "base/error.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/cursor_reply.h"
#include "command/find_arguments.h"
#include "command/metrics.h"
#include "command/plan_notes.h"
#include "command/plan_services.h"
#include "cursor/query_source.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

class Find final : public Work {
 public:
  explicit Find(CommandContext& context) : arguments_(read_find_arguments(context, context.body)) {
    if (!arguments_.spec.ns.coll.starts_with("$cmd")) arguments_.spec.ns.check();
    if (context.transaction && arguments_.tailable) {
      raise(ErrorCode::InvalidOptions, "Tailable cursors are not allowed in transactions");
    }
    check_readable(context, arguments_.spec.ns);
    check_view_options(context, arguments_);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (!reply_) {
      if (!plan_)
        plan_ = pipeline::plan_find(plan_services(context.services), arguments_.spec, context.op);
      if (plan_->is_long() && !context.on_worker) return Progress::NeedWorker;
      note_plan(context, *plan_);
      open(context);
    }
    return reply_->step(context, reply);
  }

  Park park(CommandContext&) override { return reply_->park(); }

 private:
  void open(CommandContext& context) {
    std::shared_ptr<const storage::Reader> reader = plan_->first_reader();
    context.operation_time = reader->position();
    commit::CommitLayer* commits = &context.services.commit;
    cursor::TailOptions tail{
        .tailable = arguments_.tailable && plan_->collection() != nullptr,
        .await_data = arguments_.await_data,
        // The log is followed from any time on, also one that is yet to come.
        .needs_position = plan_->collection() != nullptr && !plan_->collection()->is_oplog(),
        .subscribe = [commits](const storage::Reader& seen, const WakerPtr& waker) {
          const model::ClusterTime next(seen.position().value() + 1);
          commits->request_flush(commits->applied());
          commits->wait_visible(next, waker);
        }};
    auto source = std::make_unique<cursor::QuerySource>(std::move(plan_), std::move(reader),
                                                        std::move(tail), arguments_.spec.limit);
    const cursor::BatchLimits limits = first_batch_limits(context, arguments_.batch_size);
    if (arguments_.single_batch) {
      reply_.emplace(std::move(source), arguments_.spec.ns, limits);
      return;
    }
    cursor::CursorParams params = cursor_params(context, arguments_.spec.ns, arguments_.no_timeout);
    reply_.emplace(CursorReply::Kind::First,
                   context.services.cursors.open(std::move(source), std::move(params)), limits);
  }

  const FindArguments arguments_;
  std::unique_ptr<pipeline::QueryPlan> plan_;
  std::optional<CursorReply> reply_;
};

}  // namespace

std::unique_ptr<Work> start_find(CommandContext& context) {
  context.services.metrics.queries.add();
  return std::make_unique<Find>(context);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// getMore: the next batch of a cursor; on a stream or a tailing cursor it waits for one.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/cursor_reply.h"
#include "command/fail_points.h"
#include "command/metrics.h"
#include "command/plan_notes.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

// How long a waiting getMore waits when the client does not say.
constexpr Milliseconds kAwaitDefault{1000};

struct GetMoreArguments {
  std::int64_t id = 0;
  std::optional<std::string> collection;
  std::optional<std::int64_t> batch_size;
};

constexpr Argument<GetMoreArguments> kArguments[] = {
    {"collection",
     [](GetMoreArguments& a, const Field& f) { a.collection = std::string(f.string()); }},
    {"batchSize", [](GetMoreArguments& a, const Field& f) { a.batch_size = f.non_negative(); }},
    {"term", [](GetMoreArguments&, const Field& f) { static_cast<void>(f.integer()); }},
    {"lastKnownCommittedOpTime",
     [](GetMoreArguments&, const Field& f) { static_cast<void>(f.object()); }},
    {"includeQueryStatsMetrics",
     [](GetMoreArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
};

GetMoreArguments read(const CommandContext& context) {
  const bson::Element id = *context.body.begin();
  if (id.type() != bson::Type::Int64) Field("getMore", id).wrong_type("long");
  if (id.as_int64() == 0) raise(ErrorCode::BadValue, "Cursor id must be nonzero");
  GetMoreArguments arguments;
  arguments.id = id.as_int64();
  read_arguments("getMore", context.body, kArguments, arguments);
  if (!arguments.collection) raise_missing_field("getMore", "collection");
  if (arguments.collection->empty()) {
    raise(ErrorCode::InvalidNamespace, "Collection names cannot be empty");
  }
  return arguments;
}

class GetMore final : public Work {
 public:
  explicit GetMore(CommandContext& context) : arguments_(read(context)) { open(context); }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (!reply_) open(context);  // the next reply of an exhaust cursor
    if (long_ && !context.on_worker) return Progress::NeedWorker;
    const Progress progress = reply_->step(context, reply);
    if (progress == Progress::Done) {
      context.more_to_come = context.message.exhaust_allowed() && !reply_->cursor_ended();
      reply_.reset();
    }
    return progress;
  }

  Park park(CommandContext&) override { return reply_->park(); }

 private:
  void open(CommandContext& context) {
    cursor::CursorPin pin = context.services.cursors.pin(
        arguments_.id, {std::string(context.db), *arguments_.collection}, cursor_user(context));
    context.on_change_stream = pin.source().post_batch_token().has_value();
    if (const auto fault =
            context.services.fail_points.fire(FailPoint::FailGetMoreAfterCursorCheckout)) {
      raise(*fault->error, "Failing getMore due to 'failGetMoreAfterCursorCheckout' failpoint");
    }
    cursor::BatchLimits limits;
    if (arguments_.batch_size && *arguments_.batch_size > 0)
      limits.count_max = *arguments_.batch_size;
    limits.bytes_max = static_cast<std::size_t>(context.services.limits.reply_batch_bytes_max);
    const bool waits = pin.source().await_data();
    limit_time(context, pin, waits);
    long_ = !pin.source().tailable();
    if (long_) note_used(context, {std::string(context.db), *arguments_.collection});
    reply_.emplace(CursorReply::Kind::Next, std::move(pin), limits);
    if (waits) {
      const auto wait = context.max_time_ms && *context.max_time_ms > 0
                            ? Milliseconds(*context.max_time_ms)
                            : kAwaitDefault;
      reply_->set_wait(context.services.clock.steady() + wait);
    }
  }

  // The maxTimeMS of the command that opened the cursor is for all its batches together.
  static void limit_time(CommandContext& context, cursor::CursorPin& pin, bool waits) {
    if (waits) return;
    if (!context.max_time_ms || *context.max_time_ms == 0) {
      if (const auto left = pin.time_left()) context.op.set_deadline(context.op.started() + *left);
    } else if (pin.source().tailable()) {
      pin.release();
      raise(ErrorCode::BadValue,
            "cannot set maxTimeMS on getMore command for a non-awaitData cursor");
    } else {
      context.op.set_deadline(context.op.started() + Milliseconds(*context.max_time_ms));
    }
    if (!context.op.deadline()) return;
    if (context.services.fail_points.fire(FailPoint::MaxTimeAlwaysTimeOut) ||
        context.services.clock.steady() >= *context.op.deadline()) {
      raise(ErrorCode::MaxTimeMSExpired, "operation exceeded time limit");
    }
  }

  const GetMoreArguments arguments_;
  std::optional<CursorReply> reply_;
  bool long_ = false;
};

}  // namespace

std::unique_ptr<Work> start_get_more(CommandContext& context) {
  context.services.metrics.getmores.add();
  return std::make_unique<GetMore>(context);
}

}  // namespace freshet::command

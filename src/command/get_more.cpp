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
#include "command/metrics.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

// How long a waiting getMore waits when the client does not say.
constexpr Milliseconds kAwaitDefault{1000};

struct GetMoreArguments {
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

class GetMore final : public Work {
 public:
  explicit GetMore(CommandContext& context) {
    const bson::Element id = *context.body.begin();
    if (id.type() != bson::Type::Int64) Field("getMore", id).wrong_type("long");
    if (id.as_int64() == 0) raise(ErrorCode::BadValue, "Cursor id must be nonzero");
    GetMoreArguments arguments;
    read_arguments("getMore", context.body, kArguments, arguments);
    if (!arguments.collection) raise_missing_field("getMore", "collection");
    if (arguments.collection->empty()) {
      raise(ErrorCode::InvalidNamespace, "Collection names cannot be empty");
    }
    cursor::CursorPin pin = context.services.cursors.pin(
        id.as_int64(), {std::string(context.db), *arguments.collection}, cursor_user(context));
    cursor::BatchLimits limits;
    if (arguments.batch_size && *arguments.batch_size > 0) limits.count_max = *arguments.batch_size;
    limits.bytes_max = static_cast<std::size_t>(context.services.limits.reply_batch_bytes_max);
    const bool waits = pin.source().await_data();
    if (context.max_time_ms && *context.max_time_ms > 0 && !waits) {
      if (pin.source().tailable()) {
        pin.release();
        raise(ErrorCode::BadValue,
              "cannot set maxTimeMS on getMore command for a non-awaitData cursor");
      }
      context.op.set_deadline(context.op.started() + Milliseconds(*context.max_time_ms));
    }
    long_ = !pin.source().tailable();
    reply_.emplace(CursorReply::Kind::Next, std::move(pin), limits);
    if (waits) {
      const auto wait = context.max_time_ms && *context.max_time_ms > 0
                            ? Milliseconds(*context.max_time_ms)
                            : kAwaitDefault;
      reply_->set_wait(context.op.started() + wait);
    }
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (long_ && !context.on_worker) return Progress::NeedWorker;
    return reply_->step(context, reply);
  }

  Park park(CommandContext&) override { return reply_->park(); }

 private:
  std::optional<CursorReply> reply_;
  bool long_ = false;
};

}  // namespace

std::unique_ptr<Work> start_get_more(CommandContext& context) {
  context.services.metrics.getmores.add();
  return std::make_unique<GetMore>(context);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
#include "command/cursor_reply.h"

#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "command/metrics.h"
#include "model/resume_token.h"
#include "session/open_transaction.h"

namespace freshet::command {
namespace {

// Documents that were all made when the cursor was opened.
class ListSource final : public cursor::Source {
 public:
  explicit ListSource(std::vector<std::string> documents) : documents_(std::move(documents)) {}
  cursor::FillResult fill(cursor::Batch& batch, Operation& op) override {
    for (; next_ < documents_.size(); ++next_) {
      op.check();
      if (batch.full() || !batch.offer(bson::View(documents_[next_])))
        return cursor::FillResult::Full;
    }
    return cursor::FillResult::Exhausted;
  }

 private:
  const std::vector<std::string> documents_;
  std::size_t next_ = 0;
};

}  // namespace

CursorReply::CursorReply(Kind kind, cursor::CursorPin pin, cursor::BatchLimits limits)
    : kind_(kind), pin_(std::move(pin)), limits_(limits) {}

CursorReply::CursorReply(cursor::SourcePtr source, model::Namespace ns, cursor::BatchLimits limits)
    : kind_(Kind::First), only_(std::move(source)), only_ns_(std::move(ns)), limits_(limits) {}

Progress CursorReply::step(CommandContext& context, bson::Builder& reply) {
  if (pin_ && pin_.killed()) raise(ErrorCode::CursorKilled, "cursor {} was killed", pin_.id());
  if (!context.on_worker && source().reads_much()) return Progress::NeedWorker;
  if (!batch_) {
    reply.open_document("cursor").open_array(kind_ == Kind::First ? "firstBatch" : "nextBatch");
    batch_.emplace(reply, limits_);
  }
  const cursor::FillResult result = source().fill(*batch_, context.op);
  if (result == cursor::FillResult::WouldWait && batch_->empty() && wait_until_ &&
      limits_.count_max > 0 && context.services.clock.steady() < *wait_until_) {
    return Progress::Parked;
  }
  return finish(context, reply, result);
}

Park CursorReply::park() {
  return Park{.subscribe =
                  [this](const WakerPtr& waker) {
                    pin_.set_waker(waker);
                    pin_.source().subscribe(waker);
                  },
              .deadline = wait_until_};
}

Progress CursorReply::finish(CommandContext& context, bson::Builder& reply,
                             cursor::FillResult result) {
  const bool close = result == cursor::FillResult::Exhausted || only_;
  context.services.metrics.documents_returned.add(batch_->count());
  const pipeline::ExamineCounts examined = source().examined();
  context.counts.keys_examined = examined.keys;
  context.counts.documents_examined = examined.documents;
  context.counts.returned = batch_->count();
  reply.close();
  add_cursor(context, reply, close ? 0 : pin_.id());
  if (result == cursor::FillResult::Full && !close && context.on_worker) {
    context.afterwards = pin_.source().prepare_next(limits_, batch_->bytes());
  }
  if (pin_) give_back(context, close);
  batch_.reset();
  ended_ = close;
  return Progress::Done;
}

// What stands beside the batch.
void CursorReply::add_cursor(CommandContext& context, bson::Builder& reply, std::int64_t id) {
  if (const std::optional<model::ResumeToken> token = source().post_batch_token()) {
    token->append_to(reply, "postBatchResumeToken");
  }
  reply.add("id", id).add("ns", (pin_ ? pin_.params().ns : only_ns_).full());
  const model::ClusterTime at = pin_ ? pin_.params().at_cluster_time : context.at_cluster_time;
  if (!at.is_zero()) reply.add("atClusterTime", at.timestamp());
  reply.close();
}

void CursorReply::give_back(CommandContext& context, bool close) {
  pin_.note_batch(batch_->count());
  if (!source().tailable()) {
    const std::optional<SteadyTime> deadline = context.op.deadline();
    const SteadyTime now = context.services.clock.steady();
    pin_.set_time_left(deadline ? std::optional(*deadline - now) : std::nullopt);
  }
  if (close) {
    pin_.close();
  } else {
    if (kind_ == Kind::First && context.transaction) context.transaction->note_cursor(pin_.id());
    pin_.release();
  }
}

cursor::BatchLimits first_batch_limits(const CommandContext& context,
                                       std::optional<std::int64_t> batch_size) {
  cursor::BatchLimits out;
  out.count_max = batch_size.value_or(cursor::kFirstBatchCount);
  out.bytes_max = static_cast<std::size_t>(context.services.limits.reply_batch_bytes_max);
  return out;
}

std::optional<std::int64_t> read_cursor_batch_size(const Field& field) {
  std::optional<std::int64_t> out;
  for (const bson::Element& element : field.object()) {
    if (element.name() != "batchSize") raise_unknown_field(field.path(), element.name());
    const std::string path = field.path();
    const Field batch_size(path, element);
    if (!batch_size.is_null()) out = batch_size.non_negative();
  }
  return out;
}

cursor::CursorUser cursor_user(const CommandContext& context) {
  return {.session = context.session,
          .txn_number = context.in_transaction ? context.txn_number : std::nullopt,
          .name = {},
          .client = context.client.info()};
}

cursor::CursorParams cursor_params(const CommandContext& context, model::Namespace ns,
                                   bool no_timeout) {
  return {.ns = std::move(ns),
          .user = cursor_user(context),
          .no_timeout = no_timeout,
          .at_cluster_time = context.at_cluster_time,
          .command = context.body.to_string()};
}

void append_documents_cursor(CommandContext& context, bson::Builder& reply, model::Namespace ns,
                             std::vector<std::string> documents,
                             std::optional<std::int64_t> batch_size) {
  cursor::CursorPin pin = context.services.cursors.open(
      std::make_unique<ListSource>(std::move(documents)), cursor_params(context, std::move(ns)));
  cursor::BatchLimits limits = first_batch_limits(context, batch_size);
  if (!batch_size) limits.count_max = std::numeric_limits<std::int64_t>::max();
  CursorReply cursor(CursorReply::Kind::First, std::move(pin), limits);
  static_cast<void>(cursor.step(context, reply));
}

}  // namespace freshet::command

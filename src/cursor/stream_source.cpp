// SPDX-License-Identifier: Apache-2.0
#include "cursor/stream_source.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "oplog/entry.h"
#include "stream/options.h"

namespace freshet::cursor {

namespace {

/// Of a batch that is filled ahead: what a client takes some milliseconds to read.
constexpr std::int64_t kAheadBytesMax = std::int64_t{8} << 20;
/// A client that is through with less asks again before much could have been prepared.
constexpr std::size_t kWorthwhileBytes = std::size_t{64} << 10;

bool depends_on_the_log_alone(const stream::StreamOptions& options) {
  return options.full_document == stream::FullDocument::Default &&
         options.before_change == stream::FullDocumentBeforeChange::Off;
}

}  // namespace

StreamSource::StreamSource(std::unique_ptr<stream::ChangeStream> stream, AheadBudget& budget,
                           const Clock& clock)
    : budget_(budget),
      ahead_(std::make_shared<StreamAhead>(std::move(stream), budget, clock)),
      token_(ahead_->stream().post_batch_token()) {}

StreamSource::~StreamSource() {
  ahead_->give_up();
}

FillResult StreamSource::fill(Batch& batch, Operation& op) {
  ahead_->halt();
  if (failed_) std::rethrow_exception(failed_);
  std::unique_ptr<PreparedBatch>& prepared = ahead_->prepared();
  if (prepared) {
    const bool all = prepared->hand_out(batch);
    const std::optional<model::ResumeToken> last = prepared->last_token();
    if (last) token_ = *last;
    if (!all) return FillResult::Full;
    const stream::StreamFill end = prepared->end;
    failed_ = prepared->failed;
    prepared.reset();
    if (last) budget_.note_handed_out();
    token_ = ahead_->stream().post_batch_token();
    if (failed_ && batch.empty()) std::rethrow_exception(failed_);
    if (failed_ || end == stream::StreamFill::Closed) {
      ahead_->stream().note_handed_out();
      return failed_ ? FillResult::Full : FillResult::Exhausted;
    }
  }
  return batch.empty() ? fill_from_stream(batch, op) : fill_behind(batch, op);
}

// An event that fails behind those that were prepared fails the next batch, as everywhere.
FillResult StreamSource::fill_behind(Batch& batch, Operation& op) {
  try {
    return fill_from_stream(batch, op);
  } catch (const Error& error) {
    if (op.interrupted() || error.code() == ErrorCode::MaxTimeMSExpired) throw;
    failed_ = std::current_exception();
    ahead_->stream().note_handed_out();
    return FillResult::Full;
  }
}

FillResult StreamSource::fill_from_stream(Batch& batch, Operation& op) {
  const stream::StreamFill end = ahead_->stream().fill(batch, op);
  token_ = ahead_->stream().post_batch_token();
  switch (end) {
    case stream::StreamFill::Full:
      return FillResult::Full;
    case stream::StreamFill::WouldWait:
      return FillResult::WouldWait;
    case stream::StreamFill::Closed:
      break;
  }
  return FillResult::Exhausted;
}

// Before anything else: while a worker has the stream, only that may be asked.
bool StreamSource::reads_much() const {
  return ahead_->is_promised() || ahead_->prepared() || ahead_->stream().is_behind();
}

std::function<void()> StreamSource::prepare_next(const BatchLimits& limits,
                                                 std::size_t last_bytes) {
  const stream::ChangeStream& stream = ahead_->stream();
  if (last_bytes < kWorthwhileBytes || failed_ || ahead_->prepared() || !stream.is_behind() ||
      !depends_on_the_log_alone(stream.options())) {
    return {};
  }
  BatchLimits ahead = limits;
  ahead.bytes_max = std::min(ahead.bytes_max, static_cast<std::size_t>(kAheadBytesMax));
  ahead_->promise(ahead);
  return [shared = ahead_] { shared->prepare(); };
}

TailOptions tail_options(stream::StreamHub& hub, const model::Namespace& ns, bool await_data) {
  TailOptions options{.tailable = true, .await_data = await_data};
  if (!await_data) return options;
  using stream::Scope;
  const bool is_log = ns.db == oplog::kDatabase && ns.coll == oplog::kCollection;
  const Scope scope = is_log ? Scope::whole_log() : Scope(Scope::Level::Collection, ns, true);
  // Shared, because std::function copies what it holds.
  const std::shared_ptr<stream::Subscription> subscription =
      hub.attach(stream::Definition::watching(scope));
  options.subscribe = [subscription](const storage::Reader& reader, const WakerPtr& waker) {
    subscription->wait(reader.position(), waker);
  };
  return options;
}

}  // namespace freshet::cursor

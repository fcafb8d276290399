// SPDX-License-Identifier: Apache-2.0
#include "cursor/query_source.h"

#include <optional>
#include <utility>

#include "base/operation.h"

namespace freshet::cursor {

QuerySource::QuerySource(std::unique_ptr<pipeline::Execution> execution,
                         std::shared_ptr<const storage::Reader> reader, TailOptions tail,
                         std::int64_t limit)
    : reader_(std::move(reader)),
      execution_(std::move(execution)),
      tail_(std::move(tail)),
      limit_(limit) {}

QuerySource::~QuerySource() = default;

FillResult QuerySource::fill(Batch& batch, Operation& op) {
  if (batch.full()) return FillResult::Full;
  if (!left_over_.empty()) {
    if (!batch.offer(bson::View(left_over_))) return FillResult::Full;
    left_over_.clear();
    note_given();
  }
  if (exhausted_) return FillResult::Exhausted;
  execution_->set_operation(&op);
  if (saved_) {
    // The reader of the batch before is let go only here: a tailing wait may still look at it.
    reader_ = execution_->open_reader();
    execution_->root().restore(*reader_);
  }
  const FillResult result = pull(batch, op);
  execution_->root().save();
  execution_->set_operation(nullptr);
  saved_ = true;
  if (result != FillResult::WouldWait) reader_.reset();
  return result;
}

FillResult QuerySource::pull(Batch& batch, Operation& op) {
  while (!batch.full()) {
    op.check();
    const std::optional<bson::View> document = execution_->root().next(op);
    if (!document) {
      const bool lost = tail_.needs_position && !saved_ && execution_->examined().documents == 0;
      if (tail_.tailable && !lost) return FillResult::WouldWait;
      exhausted_ = true;
      return FillResult::Exhausted;
    }
    if (!batch.offer(*document)) {
      left_over_ = document->to_string();
      return FillResult::Full;
    }
    note_given();
    if (exhausted_) return FillResult::Exhausted;
  }
  return FillResult::Full;
}

void QuerySource::note_given() {
  ++given_;
  if (limit_ > 0 && given_ >= limit_) exhausted_ = true;
}

void QuerySource::subscribe(const WakerPtr& waker) {
  if (tail_.subscribe && reader_) {
    tail_.subscribe(*reader_, waker);
  } else {
    waker->wake();
  }
}

}  // namespace freshet::cursor

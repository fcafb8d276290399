// SPDX-License-Identifier: Apache-2.0
// A change stream as the source of a cursor, and what makes a query cursor wait for new documents.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "cursor/query_source.h"
#include "cursor/source.h"
#include "cursor/stream_ahead.h"
#include "model/namespace.h"
#include "stream/change_stream.h"

namespace freshet::cursor {

class StreamSource final : public Source {
 public:
  /// `budget` and `clock` outlive it.
  StreamSource(std::unique_ptr<stream::ChangeStream> stream, AheadBudget& budget,
               const Clock& clock);
  ~StreamSource() override;

  FillResult fill(Batch& batch, Operation& op) override;
  bool tailable() const override { return true; }
  bool await_data() const override { return true; }
  void subscribe(const WakerPtr& waker) override { ahead_->stream().subscribe(waker); }
  std::optional<model::ResumeToken> post_batch_token() const override { return token_; }
  bool reads_much() const override;
  std::optional<stream::StreamProgress> stream_progress() const override {
    return ahead_->progress();
  }
  /// Something while the stream is behind and nothing but the log goes into its events: documents
  /// that are looked up, and images that expire, are to be as the client finds them when it asks.
  std::function<void()> prepare_next(const BatchLimits& limits, std::size_t last_bytes) override;

 private:
  FillResult fill_from_stream(Batch& batch, Operation& op);
  FillResult fill_behind(Batch& batch, Operation& op);

  AheadBudget& budget_;
  const std::shared_ptr<StreamAhead> ahead_;  // shared with the worker that prepares
  model::ResumeToken token_;                  // where a client goes on that has all handed out
  std::exception_ptr failed_;                 // behind what was handed out
};

/// Options of a tailable cursor over the capped collection `ns`, or over the log itself when that
/// is what `ns` names. Such a cursor must read at what is visible, or it passes documents over.
TailOptions tail_options(stream::StreamHub& hub, const model::Namespace& ns, bool await_data);

}  // namespace freshet::cursor

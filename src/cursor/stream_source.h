// SPDX-License-Identifier: Apache-2.0
// A change stream as the source of a cursor, and what makes a query cursor wait for new documents.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "cursor/query_source.h"
#include "cursor/source.h"
#include "model/namespace.h"
#include "stream/change_stream.h"

namespace freshet::cursor {

class StreamSource final : public Source {
 public:
  explicit StreamSource(std::unique_ptr<stream::ChangeStream> stream)
      : stream_(std::move(stream)) {}

  FillResult fill(Batch& batch, Operation& op) override;
  bool tailable() const override { return true; }
  bool await_data() const override { return true; }
  void subscribe(const WakerPtr& waker) override { stream_->subscribe(waker); }
  std::optional<model::ResumeToken> post_batch_token() const override {
    return stream_->post_batch_token();
  }
  bool reads_much() const override { return stream_->is_behind(); }
  std::optional<stream::StreamProgress> stream_progress() const override {
    return stream_->progress();
  }

 private:
  std::unique_ptr<stream::ChangeStream> stream_;
};

/// Options of a tailable cursor over the capped collection `ns`, or over the log itself when that
/// is what `ns` names. Such a cursor must read at what is visible, or it passes documents over.
TailOptions tail_options(stream::StreamHub& hub, const model::Namespace& ns, bool await_data);

}  // namespace freshet::cursor

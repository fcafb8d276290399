// SPDX-License-Identifier: Apache-2.0
// What a cursor draws from: a planned query or a change stream, behind one face.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/wait.h"
#include "cursor/batch.h"
#include "model/resume_token.h"
#include "pipeline/examine_counts.h"
#include "stream/progress.h"

namespace freshet {
class Operation;
}

namespace freshet::cursor {

/// How filling a batch ended.
enum class [[nodiscard]] FillResult : std::uint8_t{
    Full,       ///< the batch holds what may go into it; there may be more
    WouldWait,  ///< nothing more now: send what there is, or subscribe() and fill again when woken
    Exhausted,  ///< there will never be more: the cursor closes and its id becomes 0
};

/// Used by one thread at a time, by different ones in turn.
class Source {
 public:
  virtual ~Source() = default;

  /// Appends documents until the batch is full or there are none. Throws what evaluation throws;
  /// after that only destruction is allowed.
  virtual FillResult fill(Batch& batch, Operation& op) = 0;

  /// True when the end of the data is not the end of the cursor.
  virtual bool tailable() const { return false; }
  /// True when getMore waits for data instead of answering at once with nothing.
  virtual bool await_data() const { return false; }

  /// After WouldWait: wakes `waker` once when fill() may have something, at once if that is so
  /// already. A later call replaces the waker of an earlier one. Requires: tailable().
  virtual void subscribe(const WakerPtr& waker) { static_cast<void>(waker); }

  /// Where a client that drops everything else would go on; change streams only.
  virtual std::optional<model::ResumeToken> post_batch_token() const { return std::nullopt; }

  /// Queries only.
  virtual pipeline::ExamineCounts examined() const { return {}; }
  /// How far a change stream has come; nothing for every other source. For any thread.
  virtual std::optional<stream::StreamProgress> stream_progress() const { return std::nullopt; }

  /// What a worker may do while the client reads the batch that was filled last, so that the next
  /// fill() finds it done; empty when there is nothing. It is called once at most, on any thread, and
  /// may outlive the source, though not what that stands on. `limits` and `bytes` are that batch's.
  /// Requires: the last fill() returned Full.
  virtual std::function<void()> prepare_next(const BatchLimits& limits, std::size_t bytes) {
    static_cast<void>(limits);
    static_cast<void>(bytes);
    return {};
  }

  /// True when fill() is likely to read much, so that it belongs on a worker.
  virtual bool reads_much() const { return false; }
};

using SourcePtr = std::unique_ptr<Source>;

}  // namespace freshet::cursor

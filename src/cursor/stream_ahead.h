// SPDX-License-Identifier: Apache-2.0
// The batch that a stream behind the present is likely to be asked for next, filled while its client
// still reads the one before.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"
#include "bson/builder.h"
#include "bson/view.h"
#include "cursor/batch.h"
#include "model/resume_token.h"
#include "stream/change_stream.h"

namespace freshet::cursor {

/// Memory for what is filled ahead, of all streams together. Thread-safe; outlives its rooms.
class AheadBudget {
 public:
  explicit AheadBudget(std::int64_t bytes_max) : bytes_max_(bytes_max) {}

  /// A share of it, given back by the destructor.
  class Room {
   public:
    ~Room() { budget_.used_.fetch_sub(bytes_); }
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

   private:
    friend class AheadBudget;
    Room(AheadBudget& budget, std::int64_t bytes) : budget_(budget), bytes_(bytes) {}
    AheadBudget& budget_;
    const std::int64_t bytes_;
  };

  /// Null when so much is not left.
  std::unique_ptr<Room> take(std::int64_t bytes);
  std::int64_t used() const { return used_.load(); }

  /// Counts a batch that was handed out, the whole of it.
  void note_handed_out() { handed_out_.fetch_add(1, std::memory_order_relaxed); }
  std::int64_t handed_out() const { return handed_out_.load(std::memory_order_relaxed); }

 private:
  const std::int64_t bytes_max_;
  std::atomic<std::int64_t> used_{0};
  std::atomic<std::int64_t> handed_out_{0};
};

/// Events that were taken from a stream and not handed out yet. One thread at a time.
class PreparedBatch {
 public:
  PreparedBatch(const BatchLimits& limits, std::unique_ptr<AheadBudget::Room> room);

  stream::EventSink& sink() { return batch_; }
  /// Nothing is added any more. Again: nothing.
  void finish();

  /// Requires: finish(). Moves on; false when `into` is full before all is handed out.
  [[nodiscard]] bool hand_out(Batch& into);
  /// Of the event that was handed out last; nothing before the first.
  std::optional<model::ResumeToken> last_token() const;

  stream::StreamFill end = stream::StreamFill::Full;  ///< how filling it ended
  std::exception_ptr failed = nullptr;  ///< what comes instead of the event behind the last

 private:
  std::unique_ptr<AheadBudget::Room> room_;
  bson::Builder out_;
  Batch batch_;
  std::string bytes_;
  bson::View::Iterator next_;
  bson::View::Iterator end_;
  bson::View last_;
};

/// A change stream that two may want: a getMore, and a worker that fills its next batch. The worker
/// stands back. Thread-safe where it is said.
class StreamAhead {
 public:
  /// `budget` and `clock` outlive it.
  StreamAhead(std::unique_ptr<stream::ChangeStream> stream, AheadBudget& budget,
              const Clock& clock);

  /// Any thread. True while the stream may be in the hands of a worker.
  bool is_promised() const;

  /// A worker may call prepare(). Requires: it is not promised already, and nothing is prepared.
  void promise(const BatchLimits& limits);
  /// On any thread, once for each promise: fills until the batch is full, kPrepareMax has passed or
  /// somebody takes the stream back. Nothing when the budget has no room.
  void prepare() noexcept;

  /// Any thread. A preparation ends soon, and nobody waits for that.
  void give_up() noexcept { wanted_back_.store(true); }
  /// Takes the stream back: ends a preparation at its next entry, or keeps it from beginning. What
  /// stream() and prepared() give is the caller's until the next promise.
  void halt();
  stream::ChangeStream& stream() { return *stream_; }
  const stream::ChangeStream& stream() const { return *stream_; }
  std::unique_ptr<PreparedBatch>& prepared() { return prepared_; }

  /// Any thread; see ChangeStream::progress().
  stream::StreamProgress progress() const { return stream_->progress(); }

 private:
  enum class State : std::uint8_t { Mine, Promised, Running };

  void fill() noexcept;

  const std::unique_ptr<stream::ChangeStream> stream_;
  AheadBudget& budget_;
  const Clock& clock_;
  BatchLimits limits_;                       // of what is promised
  std::unique_ptr<PreparedBatch> prepared_;  // null: nothing
  std::atomic<bool> wanted_back_{false};
  mutable Mutex mutex_;
  CondVar changed_;
  State state_ GUARDED_BY(mutex_) = State::Mine;
};

}  // namespace freshet::cursor

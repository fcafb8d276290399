// SPDX-License-Identifier: Apache-2.0
#include "cursor/stream_ahead.h"

#include <utility>

#include "base/operation.h"

namespace freshet::cursor {
namespace {

/// So long a worker is kept at most: a stream whose filter passes hardly anything would read on and
/// on, for a client that may never ask.
constexpr Milliseconds kPrepareMax{50};
constexpr std::uint32_t kEntriesPerGlance = 64;  // at the clock

constexpr const char* kEvents = "e";

/// A batch that counts as full as soon as somebody waits for the stream, or time is up.
class InterruptedSink final : public stream::EventSink {
 public:
  InterruptedSink(stream::EventSink& inner, const std::atomic<bool>& wanted_back,
                  const Clock& clock)
      : inner_(inner),
        wanted_back_(wanted_back),
        clock_(clock),
        until_(clock.steady() + kPrepareMax) {}

  bool full() const override {
    if (inner_.full() || wanted_back_.load(std::memory_order_relaxed)) return true;
    if (++asked_ % kEntriesPerGlance == 0 && clock_.steady() >= until_) late_ = true;
    return late_;
  }
  bool offer(bson::View document) override { return inner_.offer(document); }
  bson::Builder& begin() override { return inner_.begin(); }
  bson::View end() override { return inner_.end(); }
  bool keep() override { return inner_.keep(); }
  void drop() override { inner_.drop(); }

 private:
  stream::EventSink& inner_;
  const std::atomic<bool>& wanted_back_;
  const Clock& clock_;
  const SteadyTime until_;
  mutable std::uint32_t asked_ = 0;
  mutable bool late_ = false;
};

}  // namespace

std::unique_ptr<AheadBudget::Room> AheadBudget::take(std::int64_t bytes) {
  if (used_.fetch_add(bytes) + bytes > bytes_max_) {
    used_.fetch_sub(bytes);
    return nullptr;
  }
  return std::unique_ptr<Room>(new Room(*this, bytes));
}

PreparedBatch::PreparedBatch(const BatchLimits& limits, std::unique_ptr<AheadBudget::Room> room)
    : room_(std::move(room)), batch_(out_.open_array(kEvents), limits) {}

void PreparedBatch::finish() {
  if (!bytes_.empty()) return;
  bytes_ = out_.close().take();
  const bson::View events = bson::View(bytes_)[kEvents].as_document();
  next_ = events.begin();
  end_ = events.end();
}

bool PreparedBatch::hand_out(Batch& into) {
  for (; next_ != end_; ++next_) {
    const bson::View event = next_->as_document();
    if (!into.offer(event)) return false;
    last_ = event;
  }
  return true;
}

std::optional<model::ResumeToken> PreparedBatch::last_token() const {
  if (last_.empty()) return std::nullopt;
  return model::ResumeToken::parse(last_["_id"].as_document());
}

StreamAhead::StreamAhead(std::unique_ptr<stream::ChangeStream> stream, AheadBudget& budget,
                         const Clock& clock)
    : stream_(std::move(stream)), budget_(budget), clock_(clock) {}

bool StreamAhead::is_promised() const {
  MutexLock lock(mutex_);
  return state_ != State::Mine;
}

void StreamAhead::promise(const BatchLimits& limits) {
  limits_ = limits;
  wanted_back_.store(false);
  MutexLock lock(mutex_);
  state_ = State::Promised;
}

void StreamAhead::prepare() noexcept {
  {
    MutexLock lock(mutex_);
    if (state_ != State::Promised) return;  // too late: it was wanted before
    state_ = State::Running;
  }
  fill();
  MutexLock lock(mutex_);
  state_ = State::Mine;
  changed_.notify_all();
}

// The room is taken here: a promise that nobody keeps takes none. What fails is told when the events
// before it were handed out.
void StreamAhead::fill() noexcept {
  try {
    auto room = budget_.take(static_cast<std::int64_t>(limits_.bytes_max));
    if (!room) return;
    prepared_ = std::make_unique<PreparedBatch>(limits_, std::move(room));
    InterruptedSink sink(prepared_->sink(), wanted_back_, clock_);
    Operation op(clock_, 0, std::make_shared<ClientInfo>());
    prepared_->end = stream_->advance(sink, op);
  } catch (...) {
    if (prepared_) prepared_->failed = std::current_exception();
  }
}

void StreamAhead::halt() {
  {
    MutexLock lock(mutex_);
    wanted_back_.store(true);
    if (state_ == State::Promised) state_ = State::Mine;
    while (state_ == State::Running)
      changed_.wait(mutex_);
  }
  if (prepared_) prepared_->finish();
}

}  // namespace freshet::cursor

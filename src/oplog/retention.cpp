// SPDX-License-Identifier: Apache-2.0
// Meta key "oplog/retention": BSON {dropped: Timestamp, droppedEntries: int64, droppedBytes: int64,
// droppedOneDocument: bool, running: int64 ms, samples: [int64 ms, Timestamp, …]}. Running time
// stands still while the server is down and does not follow the wall clock, so setting the clock
// never drops history.
#include "oplog/retention.h"

#include <algorithm>
#include <string>
#include <utility>

#include "bson/builder.h"
#include "bson/view.h"
#include "oplog/dropped.h"
#include "oplog/entry.h"
#include "oplog/postings.h"

namespace freshet::oplog {
namespace {

using storage::Position;

constexpr std::int64_t kSampleMsMin = 1'000;
constexpr std::int64_t kSampleMsMax = 60'000;
constexpr std::int64_t kSamplesPerHistory = 256;
constexpr std::uint64_t kEverything = ~std::uint64_t{0};

bool is_document_change(OpKind kind) {
  return kind == OpKind::Insert || kind == OpKind::Update || kind == OpKind::Delete;
}

}  // namespace

Retention::Retention(storage::Store& store, commit::CommitLayer& commits, const Clock& clock,
                     RetentionOptions options, RetentionBounds bounds)
    : store_(store),
      commits_(commits),
      clock_(clock),
      bounds_(std::move(bounds)),
      started_(clock.steady()),
      options_(options) {
  load();
}

std::int64_t Retention::running_ms() const {
  const auto since = std::chrono::duration_cast<Milliseconds>(clock_.steady() - started_);
  return running_before_ms_ + since.count();
}

void Retention::load() {
  const MutexLock lock(mutex_);
  const auto snapshot = store_.snapshot();
  const Dropped dropped = read_dropped(*snapshot);
  dropped_ = dropped.position.value();
  dropped_totals_ = dropped.totals;
  dropped_one_document_ = dropped.one_document;
  truncated_ = 0;  // told again: the end may have come in between
  const auto bytes = snapshot->get(kRetentionSpace, kRetentionKey);
  if (!bytes) return;
  const bson::View saved(*bytes);
  running_before_ms_ = saved["running"].as_int64();
  std::int64_t at_ms = 0;
  for (const bson::Element& value : saved["samples"].as_document()) {
    if (value.type() == bson::Type::Int64) {
      at_ms = value.as_int64();
    } else {
      samples_.push_back({at_ms, value.as_timestamp().value()});
    }
  }
}

void Retention::save() {
  bson::Builder out;
  out.add("dropped", bson::Timestamp::from(dropped_.load()));
  if (dropped_totals_) {
    out.add("droppedEntries", static_cast<std::int64_t>(dropped_totals_->entries))
        .add("droppedBytes", static_cast<std::int64_t>(dropped_totals_->bytes));
  }
  out.add("droppedOneDocument", dropped_one_document_).add("running", running_ms());
  out.open_array("samples");
  for (const Sample& sample : samples_) {
    out.push(sample.running_ms).push(bson::Timestamp::from(sample.position));
  }
  out.close();
  commit::Transaction transaction = commits_.begin();
  transaction.put_unshared(kRetentionSpace, std::string(kRetentionKey), out.take());
  // A commit that fails leaves the older note: more is kept, nothing is lost.
  static_cast<void>(commits_.commit(std::move(transaction)));
}

void Retention::set_options(RetentionOptions options) {
  const MutexLock lock(mutex_);
  options_ = options;
}

RetentionOptions Retention::options() const {
  const MutexLock lock(mutex_);
  return options_;
}

void Retention::take_sample(std::int64_t now_ms) {
  const std::uint64_t position = commits_.visible().value();
  const std::int64_t gap_ms =
      options_.history_ms == 0
          ? kSampleMsMax
          : std::clamp(options_.history_ms / kSamplesPerHistory, kSampleMsMin, kSampleMsMax);
  if (!samples_.empty()) {
    if (samples_.back().position >= position) return;
    if (now_ms - samples_.back().running_ms < gap_ms) return;
  }
  samples_.push_back({now_ms, position});
  if (samples_.size() > kSamplesMax) {  // every other one goes; ages become coarser, never younger
    std::size_t kept = 0;
    for (std::size_t i = 1; i < samples_.size(); i += 2)
      samples_[kept++] = samples_[i];
    samples_.resize(kept);
  }
  save();
}

std::uint64_t Retention::droppable_by_age(std::int64_t now_ms, std::int64_t age_ms) const {
  std::uint64_t droppable = 0;
  for (const Sample& sample : samples_) {
    if (sample.running_ms > now_ms - age_ms) break;
    droppable = sample.position;
  }
  return droppable;
}

std::uint64_t Retention::droppable_by_size() const {
  if (options_.history_bytes == 0 || !bounds_.totals || !dropped_totals_) return 0;
  const std::uint64_t written = bounds_.totals().bytes;
  if (written - dropped_totals_->bytes <= options_.history_bytes) return 0;
  return position_at_bytes(store_, written - options_.history_bytes).value_or(Position{}).value();
}

std::uint64_t Retention::bytes_between(std::uint64_t low, std::uint64_t high) const {
  if (high <= low) return 0;
  const auto below = totals_up_to(store_, Position(low));
  const auto above = totals_up_to(store_, Position(high));
  return below && above ? above->bytes - below->bytes : 0;
}

// A stream that reads on holds what it has still to read, but not for ever: one that is too slow
// would fill the disk.
std::uint64_t Retention::bounded_by_streams(std::uint64_t droppable) {
  const std::uint64_t needed = bounds_.streams ? bounds_.streams().value() : kEverything;
  streams_bytes_ = 0;
  if (needed >= droppable) return droppable;
  streams_bytes_ = bytes_between(std::max(needed, dropped_.load()), droppable);
  if (options_.hold_bytes_max == 0 || streams_bytes_ <= options_.hold_bytes_max) return needed;
  const auto upper = totals_up_to(store_, Position(droppable));
  const auto cut = upper ? position_at_bytes(store_, upper->bytes - options_.hold_bytes_max)
                         : std::optional<Position>();
  streams_bytes_ = std::min(streams_bytes_, options_.hold_bytes_max);
  return cut ? std::min(std::max(needed, cut->value()), droppable) : needed;
}

/// Everything at or below the position may go; zero: nothing.
Position Retention::choose_cut(std::int64_t now_ms) {
  std::uint64_t droppable = droppable_by_size();
  if (options_.history_ms > 0) {
    droppable = std::max(droppable, droppable_by_age(now_ms, options_.history_ms));
  }
  droppable = std::min(droppable, commits_.visible().value());
  minimum_age_bytes_ = 0;
  const MinimumAge minimum = bounds_.minimum_age ? bounds_.minimum_age() : MinimumAge{};
  if (minimum.ms > 0) {
    const std::uint64_t old = droppable_by_age(now_ms, minimum.ms);
    minimum_age_bytes_ = bytes_between(std::max(old, dropped_.load()), droppable);
    droppable = std::min(droppable, old);
  }
  droppable = bounded_by_streams(droppable);
  if (!bounds_.recovery || droppable <= dropped_.load()) return Position(droppable);
  return std::min(Position(droppable), bounds_.recovery(Position(droppable)));
}

void Retention::cut_what_was_announced() {
  if (truncated_ >= dropped_.load()) return;
  truncated_ = dropped_.load();
  store_.truncate_log_before(Position(truncated_ + 1));
  drop_postings_before(store_, Position(truncated_));
}

void Retention::enforce() {
  const MutexLock lock(mutex_);
  cut_what_was_announced();
  const std::int64_t now_ms = running_ms();
  take_sample(now_ms);
  const std::uint64_t cut = choose_cut(now_ms).value();
  // The newest entry stays: it is where the log ends.
  const std::uint64_t end = store_.last_position().value();
  if (end == 0 || cut == 0) return;
  const auto newest = store_.read_log_backward(Position(std::min(cut + 1, end)))->next();
  if (!newest || newest->position.value() <= dropped_.load()) return;
  announce_cut(*newest);
}

// From now on the entry and everything before it is gone for readers.
void Retention::announce_cut(const storage::LogRecord& newest) {
  dropped_totals_ = totals_up_to(store_, newest.position);
  dropped_one_document_ = is_document_change(entry_kind(newest.bytes));
  dropped_ = newest.position.value();
  std::erase_if(samples_, [this](const Sample& s) { return s.position < dropped_.load(); });
  save();
}

void Retention::expire_now() {
  const MutexLock lock(mutex_);
  const auto newest = store_.read_log_backward(Position(commits_.visible().value() + 1));
  static_cast<void>(newest->next());
  const auto last = newest->next();
  if (!last || last->position.value() <= dropped_.load()) return;
  dropped_ = last->position.value();
  std::erase_if(samples_, [this](const Sample& s) { return s.position < dropped_.load(); });
  save();
  truncated_ = dropped_.load();
  store_.truncate_log_before(Position(truncated_ + 1));
  drop_postings_before(store_, Position(truncated_));
}

Position read_last_dropped(const storage::Reader& reader) {
  return read_dropped(reader).position;
}

}  // namespace freshet::oplog

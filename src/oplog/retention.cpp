// SPDX-License-Identifier: Apache-2.0
// Meta key "oplog/retention": BSON {dropped: Timestamp, running: int64 ms, samples: [int64 ms,
// Timestamp, …]}. Running time stands still while the server is down and does not follow the wall
// clock, so setting the clock never drops history.
#include "oplog/retention.h"

#include <algorithm>
#include <string>
#include <utility>

#include "bson/builder.h"
#include "bson/view.h"
#include "oplog/postings.h"

namespace freshet::oplog {
namespace {

using storage::Position;

constexpr storage::Space kMeta{storage::SpaceKind::Meta};
constexpr std::string_view kKey = "oplog/retention";
constexpr std::int64_t kSampleMsMin = 1'000;
constexpr std::int64_t kSampleMsMax = 60'000;
constexpr std::int64_t kSamplesPerHistory = 256;
// An engine that frees space later than it was told is given this long before it is told again.
constexpr std::int64_t kCutSettlesMs = 60'000;

}  // namespace

Retention::Retention(storage::Store& store, commit::CommitLayer& commits, const Clock& clock,
                     RetentionOptions options, LowestNeeded lowest_needed)
    : store_(store),
      commits_(commits),
      clock_(clock),
      lowest_needed_(std::move(lowest_needed)),
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
  const auto bytes = store_.snapshot()->get(kMeta, kKey);
  if (!bytes) return;
  const bson::View saved(*bytes);
  dropped_ = saved["dropped"].as_timestamp().value();
  truncated_ = 0;  // told again: the end may have come in between
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
  out.add("running", running_ms());
  out.open_array("samples");
  for (const Sample& sample : samples_) {
    out.push(sample.running_ms).push(bson::Timestamp::from(sample.position));
  }
  out.close();
  commit::Transaction transaction = commits_.begin();
  transaction.put_unshared(kMeta, std::string(kKey), out.take());
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

std::uint64_t Retention::droppable_by_age(std::int64_t now_ms) const {
  if (options_.history_ms == 0) return 0;
  std::uint64_t droppable = 0;
  for (const Sample& sample : samples_) {
    if (sample.running_ms > now_ms - options_.history_ms) break;
    droppable = sample.position;
  }
  return droppable;
}

std::uint64_t Retention::droppable_by_size() {
  if (options_.history_bytes == 0) return 0;
  const std::int64_t now_ms = running_ms();
  const std::uint64_t counted = store_.log_bytes();
  if (now_ms - cut_at_ms_ > kCutSettlesMs) cut_bytes_ = 0;
  if (counted < log_bytes_) cut_bytes_ -= std::min(cut_bytes_, log_bytes_ - counted);
  log_bytes_ = counted;
  const std::uint64_t held = counted - std::min(counted, cut_bytes_);
  if (held <= options_.history_bytes) return 0;

  const std::uint64_t excess = held - options_.history_bytes;
  std::uint64_t freed = 0;
  std::uint64_t droppable = 0;
  const auto cursor = store_.read_log(Position(dropped_.load()));
  for (std::size_t i = 0; i < kEntriesPerCutMax && freed < excess; ++i) {
    const auto record = cursor->next();
    if (!record) break;
    freed += record->bytes.size();
    droppable = record->position.value();
  }
  cut_bytes_ += freed;
  cut_at_ms_ = now_ms;
  return droppable;
}

void Retention::enforce() {
  const std::uint64_t needed = lowest_needed_ ? lowest_needed_().value() : ~std::uint64_t{0};
  const MutexLock lock(mutex_);
  // What the call before announced is written down by now: cut.
  if (truncated_ < dropped_.load()) {
    truncated_ = dropped_.load();
    store_.truncate_log_before(Position(truncated_ + 1));
    drop_postings_before(store_, Position(truncated_));
  }
  const std::int64_t now_ms = running_ms();
  take_sample(now_ms);
  std::uint64_t droppable = std::max(droppable_by_age(now_ms), droppable_by_size());
  droppable = std::min({droppable, needed, commits_.visible().value()});
  // The newest entry stays: it is where the log ends.
  const std::uint64_t end = store_.last_position().value();
  if (end == 0 || droppable == 0) return;
  const auto newest = store_.read_log_backward(Position(std::min(droppable + 1, end)))->next();
  if (!newest || newest->position.value() <= dropped_.load()) return;
  dropped_ = newest->position.value();
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
  const auto bytes = reader.get(kMeta, kKey);
  return bytes ? Position(bson::View(*bytes)["dropped"].as_timestamp()) : Position();
}

}  // namespace freshet::oplog

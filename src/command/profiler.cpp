// SPDX-License-Identifier: Apache-2.0
#include "command/profiler.h"

#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "bson/builder.h"
#include "collection/data.h"
#include "collection/insert_form.h"
#include "query/matcher.h"

namespace freshet::command {
namespace {

constexpr std::int32_t kProfileBytes = 1 << 20;
constexpr int kWriteTriesMax = 3;

model::Namespace profile_of(std::string_view db) {
  return {std::string(db), std::string(catalog::kProfileCollection)};
}

void ensure_profile(collection::Data& data, std::string_view db) {
  if (data.catalog().latest()->find(profile_of(db))) return;
  bson::Builder options;
  options.add("capped", true).add("size", kProfileBytes);
  const std::string bytes = options.take();
  data.ddl().create_collection(profile_of(db), bson::View(bytes));
}

}  // namespace

Profiler::Profiler(collection::Data& data, Random& random) : data_(data), random_(random) {}

Profiler::~Profiler() = default;

int Profiler::level_locked(std::string_view db) const {
  const auto found = levels_.find(db);
  return found == levels_.end() ? 0 : found->second;
}

int Profiler::level(std::string_view db) const {
  const MutexLock lock(mutex_);
  return level_locked(db);
}

ProfilerOptions Profiler::options() const {
  const MutexLock lock(mutex_);
  return options_;
}

void Profiler::set(std::string_view db, int level, ProfilerOptions options) {
  std::unique_ptr<const query::Matcher> filter;
  if (!options.filter.empty()) {
    const query::QueryContext context;
    filter = std::make_unique<const query::Matcher>(bson::View(options.filter), context);
  }
  if (level > 0) ensure_profile(data_, db);
  const MutexLock lock(mutex_);
  if (level == 0) {
    if (const auto found = levels_.find(db); found != levels_.end()) levels_.erase(found);
  } else {
    levels_.insert_or_assign(std::string(db), level);
  }
  options_ = std::move(options);
  filter_ = std::move(filter);
  slow_ms_ = options_.slow_ms;
  bool everything = filter_ != nullptr;
  for (const auto& [name, their_level] : levels_)
    everything = everything || their_level == 2;
  watches_all_ = everything;
}

bool Profiler::is_slow(std::int64_t millis, bson::View entry) const {
  if (filter_) return filter_->matches(entry);
  return millis > options_.slow_ms &&
         (options_.sample_rate >= 1.0 || random_.unit() < options_.sample_rate);
}

Profiler::Interest Profiler::interest(std::string_view db, std::int64_t millis,
                                      bson::View entry) const {
  const MutexLock lock(mutex_);
  const int level = level_locked(db);
  const bool slow = is_slow(millis, entry);
  if (level == 2) return slow ? Interest::LogAndProfile : Interest::Profile;
  if (!slow) return Interest::None;
  return level == 1 ? Interest::LogAndProfile : Interest::Log;
}

void Profiler::write(std::string_view db, bson::View entry) {
  const MutexLock lock(writing_);
  for (int tries = 0; tries < kWriteTriesMax; ++tries) {
    collection::WriteUnit unit = data_.begin();
    catalog::CollectionPtr collection = unit.catalog().find(profile_of(db));
    if (!collection || collection->is_view()) return;
    collection::Writer writer(unit, std::move(collection), data_.write_context());
    const std::string document = collection::prepare_insert(entry, data_.object_ids(),
                                                            data_.commits().applied().timestamp());
    if (!writer.insert(bson::View(document)).done()) continue;
    if (unit.commit().status != commit::CommitStatus::StaleCatalog) return;
  }
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// Meta key "command/concerns": BSON {read?: string, write?: a write concern, time: Timestamp,
// wall: Date}.
#include "command/concern_defaults.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/view.h"
#include "command/command_table.h"

namespace freshet::command {
namespace {

using Level = model::ReadConcern::Level;
using Settings = ConcernDefaults::Settings;

constexpr storage::Space kMeta{storage::SpaceKind::Meta};
constexpr std::string_view kKey = "command/concerns";

std::string saved_form(const Settings& settings) {
  bson::Builder out;
  if (settings.read) out.add("read", model::to_string(*settings.read));
  if (settings.write) settings.write->append_to(out, "write");
  out.add("time", settings.changed_at.timestamp()).add_date("wall", settings.changed_wall_ms);
  return out.take();
}

Settings read_saved(bson::View saved) {
  Settings out;
  if (const bson::Element read = saved["read"]) {
    bson::Builder concern;
    concern.add("level", read.as_string());
    const std::string bytes = concern.take();
    out.read = model::ReadConcern::parse(bson::ValueView::document(bson::View(bytes))).level;
  }
  if (const bson::Element write = saved["write"]) out.write = model::WriteConcern::parse(write);
  out.changed_at = model::ClusterTime(saved["time"].as_timestamp());
  out.changed_wall_ms = saved["wall"].as_date_ms();
  return out;
}

/// The statements of a transaction have no write concern, and all but the first no read concern.
bool takes_read_default(const CommandContext& context) {
  if (context.read_concern.level || (context.row.flags & kReads) == 0) return false;
  return !context.in_transaction || context.start_transaction;
}

bool takes_write_default(const CommandContext& context) {
  if (context.body["writeConcern"]) return false;
  return !context.in_transaction || (context.row.flags & kEndsTransaction) != 0;
}

}  // namespace

ConcernDefaults::ConcernDefaults(storage::Store& store, commit::CommitLayer& commits)
    : commits_(commits) {
  const auto bytes = store.snapshot()->get(kMeta, kKey);
  if (!bytes) return;
  const MutexLock lock(mutex_);
  settings_ = read_saved(bson::View(*bytes));
  any_ = settings_.read || settings_.write;
}

Settings ConcernDefaults::settings() const {
  const MutexLock lock(mutex_);
  return settings_;
}

void ConcernDefaults::update(const std::function<void(Settings&)>& change, std::int64_t wall_ms) {
  const MutexLock lock(mutex_);
  Settings next = settings_;
  change(next);
  next.changed_at = commits_.applied();
  next.changed_wall_ms = wall_ms;
  if (next.write) next.write->provenance = model::WriteConcern::Provenance::CustomDefault;
  commit::Transaction transaction = commits_.begin();
  transaction.put_unshared(kMeta, std::string(kKey), saved_form(next));
  if (commits_.commit(std::move(transaction)).status != commit::CommitStatus::Committed) {
    raise(ErrorCode::OperationFailed, "the default concerns could not be stored");
  }
  settings_ = std::move(next);
  any_ = settings_.read || settings_.write;
}

void ConcernDefaults::apply(CommandContext& context) const {
  if (!any_.load(std::memory_order_relaxed)) return;
  const Settings now = settings();
  if (now.read && takes_read_default(context)) {
    context.read_concern.level = now.read;
    context.read_level_by_default = true;
  }
  if (now.write && takes_write_default(context)) context.write_concern = *now.write;
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// Meta key "oplog/images": BSON {expireAfterSeconds: int64 (-1: off), time: Timestamp}.
#include "oplog/image_policy.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/view.h"

namespace freshet::oplog {
namespace {

constexpr storage::Space kMeta{storage::SpaceKind::Meta};
constexpr std::string_view kKey = "oplog/images";

}  // namespace

ImagePolicy::ImagePolicy(storage::Store& store, commit::CommitLayer& commits) : commits_(commits) {
  const auto bytes = store.snapshot()->get(kMeta, kKey);
  if (!bytes) return;
  const bson::View saved(*bytes);
  seconds_ = saved["expireAfterSeconds"].as_int64();
  changed_at_ = saved["time"].as_timestamp().value();
}

std::optional<std::int64_t> ImagePolicy::expire_after_seconds() const {
  const std::int64_t seconds = seconds_.load();
  return seconds == kOff ? std::nullopt : std::optional(seconds);
}

void ImagePolicy::set_expire_after_seconds(std::optional<std::int64_t> seconds) {
  const MutexLock lock(setting_);
  const model::ClusterTime now = commits_.applied();
  bson::Builder out;
  out.add("expireAfterSeconds", seconds.value_or(kOff)).add("time", now.timestamp());
  commit::Transaction transaction = commits_.begin();
  transaction.put_unshared(kMeta, std::string(kKey), out.take());
  if (commits_.commit(std::move(transaction)).status != commit::CommitStatus::Committed) {
    raise(ErrorCode::OperationFailed, "the parameter could not be stored");
  }
  seconds_ = seconds.value_or(kOff);
  changed_at_ = now.value();
}

}  // namespace freshet::oplog

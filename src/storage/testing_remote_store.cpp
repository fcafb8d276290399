// SPDX-License-Identifier: Apache-2.0
#include "storage/testing_remote_store.h"

#include <chrono>
#include <thread>

namespace freshet::storage {
namespace {

void round_trip() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

class RemoteSnapshot final : public Snapshot {
 public:
  explicit RemoteSnapshot(std::shared_ptr<const Snapshot> inner) : inner_(std::move(inner)) {}

  std::optional<std::string> get(Space space, std::string_view key) const override {
    round_trip();
    return inner_->get(space, key);
  }
  std::vector<std::optional<std::string>> multi_get(
      Space space, const std::vector<std::string>& keys) const override {
    round_trip();
    return inner_->multi_get(space, keys);
  }
  std::unique_ptr<Scan> scan(Space space, const KeyRange& range,
                             Direction direction) const override {
    round_trip();
    return inner_->scan(space, range, direction);
  }
  Position position() const override { return inner_->position(); }
  std::uint64_t sequence() const override { return inner_->sequence(); }

 private:
  std::shared_ptr<const Snapshot> inner_;
};

}  // namespace

RemoteStore::RemoteStore(std::uint64_t seed, std::uint64_t unknown_in)
    : random_(seed), unknown_in_(unknown_in) {
  traits_.name = "remote";
  traits_.reads_block = true;
  traits_.snapshots_max = kSnapshotsMax;
  traits_.key_bytes_max = kKeyBytesMax;
}

std::shared_ptr<const Snapshot> RemoteStore::snapshot() {
  return std::make_shared<RemoteSnapshot>(inner_.snapshot());
}

ApplyOutcome RemoteStore::apply(const CommitGroup& group) {
  for (const Change& change : group.changes) {
    invariant(change.key.size() <= kKeyBytesMax, "keys fit the engine");
  }
  const std::uint64_t unknown_in = unknown_in_;
  if (unknown_in > 0 && random_.below(unknown_in) == 0) {
    if (random_.below(2) == 0) static_cast<void>(inner_.apply(group));
    return ApplyOutcome::Unknown;
  }
  return inner_.apply(group);
}

SyncOutcome RemoteStore::sync() {
  round_trip();
  return SyncOutcome::Durable;
}

}  // namespace freshet::storage

// SPDX-License-Identifier: Apache-2.0
#include "storage/commit/transaction.h"

#include <algorithm>

#include "base/error.h"
#include "base/invariant.h"
#include "storage/commit/merged_scan.h"
#include "storage/commit/transaction_state.h"
#include "storage/space_key.h"

namespace freshet::commit {

using storage::Direction;
using storage::KeyRange;
using storage::Scan;

HoldOutcome TransactionState::take(Space space, std::string_view key) {
  KeyTable::Attempt attempt = keys.take(storage::space_key(space, key), id);
  if (attempt.outcome == KeyTable::Outcome::AlreadyOurs) return HoldOutcome::Held;
  if (attempt.outcome == KeyTable::Outcome::HeldByOther) {
    conflict = std::move(attempt.in_the_way);
    return HoldOutcome::Conflict;
  }
  held.push_back(attempt.handle);
  if (attempt.released_through <= snapshot->sequence()) return HoldOutcome::Held;
  // Something of this stripe was committed since our snapshot; perhaps this key. Nobody else can
  // write it from here on, and whoever did has published before giving it back.
  const auto latest = read_points.latest();
  if (latest->get(space, key) == snapshot->get(space, key)) return HoldOutcome::Held;
  held.pop_back();
  keys.release({attempt.handle}, 0);
  return HoldOutcome::Changed;
}

void TransactionState::check_size() const {
  if (writes.bytes() <= bytes_max) return;
  raise(ErrorCode::TransactionTooLarge,
        "the writes of one transaction may take {} bytes, and these take more", bytes_max);
}

Transaction::Transaction(std::unique_ptr<TransactionState> state) : state_(std::move(state)) {}
Transaction::~Transaction() = default;
Transaction::Transaction(Transaction&&) noexcept = default;

std::optional<std::string> Transaction::get(Space space, std::string_view key) const {
  const Write* own = state_->writes.find(space, key);
  return own != nullptr ? own->value : state_->snapshot->get(space, key);
}

std::vector<std::optional<std::string>> Transaction::multi_get(
    Space space, const std::vector<std::string>& keys) const {
  if (state_->writes.writes_of(space) == nullptr) return state_->snapshot->multi_get(space, keys);
  std::vector<std::optional<std::string>> values(keys.size());
  std::vector<std::string> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Write* own = state_->writes.find(space, keys[i]);
    if (own != nullptr) {
      values[i] = own->value;
    } else {
      missing.push_back(keys[i]);
      places.push_back(i);
    }
  }
  auto found = state_->snapshot->multi_get(space, missing);
  for (std::size_t i = 0; i < places.size(); ++i)
    values[places[i]] = std::move(found[i]);
  return values;
}

std::unique_ptr<Scan> Transaction::scan(Space space, const KeyRange& range,
                                        Direction direction) const {
  return merged_scan(state_->snapshot->scan(space, range, direction), state_->writes, space, range,
                     direction);
}

Position Transaction::position() const {
  return state_->snapshot->position();
}

HoldOutcome Transaction::put(Space space, std::string key, std::string value) {
  const HoldOutcome outcome = state_->take(space, key);
  if (outcome == HoldOutcome::Held) put_unshared(space, std::move(key), std::move(value));
  return outcome;
}

bool Transaction::surely_new(Space space, std::string_view key, KeyMark& mark) {
  NewKeys& new_keys = state_->new_keys;
  NewKeys::Answer answer = new_keys.put(mark, space, key);
  if (answer == NewKeys::Answer::NotBegun) {
    const auto latest = state_->read_points.latest();
    const auto last = latest->scan(space, {}, Direction::Backward);
    new_keys.begin(mark, last->valid() ? last->key() : std::string_view());
    answer = new_keys.put(mark, space, key);
  }
  return answer == NewKeys::Answer::New;
}

HoldOutcome Transaction::erase(Space space, std::string key) {
  const HoldOutcome outcome = state_->take(space, key);
  if (outcome == HoldOutcome::Held) {
    state_->writes.put(space, std::move(key), std::nullopt);
    state_->check_size();
  }
  return outcome;
}

void Transaction::put_unshared(Space space, std::string key, std::string value) {
  state_->writes.put(space, std::move(key), std::move(value));
  state_->check_size();
}

HoldOutcome Transaction::hold(Space space, std::string_view key) {
  return state_->take(space, key);
}

void Transaction::append(PendingEntry entry) {
  invariant(entry.bytes.size() >= PendingEntry::kTimestampOffset + 8,
            "an entry begins with its ts");
  state_->writes.append(std::move(entry));
  state_->check_size();
}

void Transaction::depends_on(CatalogDependency dependency) {
  auto& known = state_->dependencies;
  const auto same = [&](const CatalogDependency& other) {
    return other.collection_id == dependency.collection_id && other.version == dependency.version;
  };
  if (std::none_of(known.begin(), known.end(), same)) known.push_back(dependency);
}

void Transaction::wait_for_conflict(WakerPtr waker) {
  state_->keys.wait(state_->conflict, std::move(waker));
}

const std::string& Transaction::conflict_key() const {
  return state_->conflict;
}

std::vector<PendingEntry> Transaction::take_entries() {
  return state_->writes.take_entries();
}

bool Transaction::empty() const {
  return state_->writes.empty();
}
std::size_t Transaction::bytes() const {
  return state_->writes.bytes();
}
std::size_t Transaction::entries() const {
  return state_->writes.entries();
}

std::size_t Transaction::entry_bytes() const {
  return state_->writes.entry_bytes();
}

void Transaction::forget_savepoints() {
  state_->writes.forget_savepoints();
}

Transaction::Savepoint Transaction::savepoint() {
  return state_->writes.savepoint();
}

void Transaction::rollback_to(const Savepoint& savepoint) {
  state_->writes.rollback_to(savepoint);
}

}  // namespace freshet::commit

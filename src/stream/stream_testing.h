// SPDX-License-Identifier: Apache-2.0
// For tests: a log over the memory engine with a hub behind it, and entries written into it as the
// collection layer would write them.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/operation.h"
#include "base/random.h"
#include "bson/builder.h"
#include "bson/json.h"
#include "model/uuid.h"
#include "oplog/entry.h"
#include "oplog/log_blocks.h"
#include "oplog/postings.h"
#include "oplog/retention.h"
#include "storage/commit/commit_layer.h"
#include "storage/memory/memory_store.h"
#include "stream/change_stream.h"
#include "stream/hub.h"

namespace freshet::stream::testing {

/// Takes up to `count_max` events.
class Collected final : public EventSink {
 public:
  explicit Collected(std::size_t count_max = 1'000'000) : count_max_(count_max) {}
  bool full() const override { return events.size() >= count_max_; }
  bool offer(bson::View document) override {
    if (full()) return false;
    events.push_back(document.to_string());
    return true;
  }
  bson::Builder& begin() override { return draft_.emplace(); }
  bson::View end() override {
    draft_->finish();
    return bson::View(draft_->bytes());
  }
  bool keep() override { return offer(bson::View(draft_->bytes())); }
  void drop() override { draft_.reset(); }
  bson::View operator[](std::size_t i) const { return bson::View(events[i]); }

  std::vector<std::string> events;

 private:
  std::size_t count_max_;
  std::optional<bson::Builder> draft_;
};

class CountingWaker final : public Waker {
 public:
  void wake() noexcept override { ++count; }
  std::atomic<int> count{0};
};

/// Looks nothing up unless a test put it in.
class FakeLookup final : public DocumentLookup {
 public:
  std::optional<std::string> find(const model::Namespace& ns, const std::optional<model::Uuid>&,
                                  bool, bson::View key, Operation&) override {
    for (const auto& [where, document] : documents) {
      if (where == ns && bson::View(document)["_id"].raw() == key["_id"].raw()) return document;
    }
    return std::nullopt;
  }
  bool is_view(const model::Namespace& ns) override { return ns.coll == "view"; }
  bool shows_image(const oplog::EntryView&) override { return shows_images; }

  bool shows_images = true;

  std::vector<std::pair<model::Namespace, std::string>> documents;
};

inline std::string json(std::string_view text) {
  return bson::from_json(text);
}

class TestLog {
 public:
  explicit TestLog(Limits the_limits = {})
      : limits(the_limits),
        logger(clock, {.target = LogOptions::Target::Nowhere}),
        commits(store, clock, logger, {}),
        hub(std::make_unique<StreamHub>(commits, clock, limits)) {
    commits.set_group_observer(&postings);
  }
  ~TestLog() {
    commits.stop();
    hub.reset();
  }

  StreamServices services() { return {*hub, store, log_blocks, lookup, clock, random, counters}; }

  /// Commits entries as one transaction and waits until they are visible.
  storage::Position write(std::vector<commit::PendingEntry> entries) {
    const storage::Position position = write_without_waiting(std::move(entries));
    wait_visible(position);
    return position;
  }
  storage::Position write_without_waiting(std::vector<commit::PendingEntry> entries) {
    commit::Transaction transaction = commits.begin();
    for (commit::PendingEntry& entry : entries)
      transaction.append(std::move(entry));
    return commits.commit(std::move(transaction)).position;
  }
  void wait_visible(storage::Position position) {
    commits.request_flush(position);
    while (commits.visible() < position)
      std::this_thread::yield();
  }

  storage::Position insert(std::string_view ns, std::string_view document) {
    return write(one(insert_entry(ns, document)));
  }
  storage::Position remove(std::string_view ns, std::string_view key) {
    return write(one(remove_entry(ns, key)));
  }
  storage::Position command(std::string_view db, std::string_view o) {
    return write(one(command_entry(db, o)));
  }

  static std::vector<commit::PendingEntry> one(commit::PendingEntry entry) {
    std::vector<commit::PendingEntry> entries;
    entries.push_back(std::move(entry));
    return entries;
  }

  commit::PendingEntry insert_entry(std::string_view ns, std::string_view document) {
    const std::string bytes = json(document);
    return oplog::make_insert(context(), {ns, uuid}, bson::View(bytes));
  }
  /// `o` is a document (replacement) or a delta.
  commit::PendingEntry update_entry(std::string_view ns, std::string_view key, std::string_view o,
                                    std::optional<std::string> pre_image = std::nullopt) {
    const std::string key_bytes = json(key);
    const std::string o_bytes = json(o);
    const bson::View pre(pre_image ? bson::View(*pre_image) : bson::View());
    return oplog::make_update(context(), {ns, uuid}, bson::View(o_bytes),
                              bson::View(key_bytes)["_id"].value(), 0, pre_image ? &pre : nullptr);
  }
  commit::PendingEntry remove_entry(std::string_view ns, std::string_view key,
                                    std::optional<std::string> pre_image = std::nullopt) {
    const std::string bytes = json(key);
    const bson::View pre(pre_image ? bson::View(*pre_image) : bson::View());
    return oplog::make_delete(context(), {ns, uuid}, bson::View(bytes)["_id"].value(), 0,
                              pre_image ? &pre : nullptr);
  }
  commit::PendingEntry command_entry(std::string_view db, std::string_view o) {
    const std::string bytes = json(o);
    return oplog::make_command(context(), db, uuid, bson::View(bytes));
  }
  static oplog::EntryContext context() { return {.wall_ms = 1'700'000'000'000}; }

  /// Drops everything but the newest entry.
  storage::Position lose_history() {
    oplog::Retention retention(store, commits, clock, {.history_bytes = 1},
                               {.recovery = {}, .streams = {}, .minimum_age = {}, .totals = [this] {
                                  return postings.totals();
                                }});
    retention.enforce();
    retention.enforce();
    return retention.last_dropped();
  }

  std::unique_ptr<ChangeStream> open(model::Namespace ns, std::string_view pipeline) {
    const std::string bytes = json(std::string("{\"p\": ") + std::string(pipeline) + "}");
    return open(std::move(ns), bson::View(bytes)["p"].as_document());
  }
  std::unique_ptr<ChangeStream> open(model::Namespace ns, bson::View pipeline) {
    Operation op(clock, 1, client);
    return ChangeStream::open(services(), {.ns = std::move(ns), .pipeline = pipeline}, op);
  }
  std::unique_ptr<ChangeStream> open_after(model::Namespace ns, const std::string& option,
                                           const model::ResumeToken& token) {
    return open(std::move(ns), "[{\"$changeStream\": {\"" + option + "\": {\"_data\": \"" +
                                   token.data() + "\"}}}]");
  }

  /// Everything there is now. Waits until the hub has told the feeds.
  std::vector<std::string> drain(ChangeStream& stream, std::size_t batch = 1'000'000) {
    wait_dispatched();
    std::vector<std::string> all;
    while (true) {
      Collected batch_events(batch);
      Operation op(clock, 1, client);
      const StreamFill result = stream.fill(batch_events, op);
      for (std::string& event : batch_events.events)
        all.push_back(std::move(event));
      if (result != StreamFill::Full) return all;
    }
  }
  StreamFill fill(ChangeStream& stream, Collected& into) {
    wait_dispatched();
    Operation op(clock, 1, client);
    return stream.fill(into, op);
  }
  /// A probe of its own sees what every other feed was told before it.
  void wait_dispatched() {
    const storage::Position visible = commits.visible();
    const std::unique_ptr<Subscription> probe =
        hub->attach(Definition::watching(Scope::whole_log()));
    while (probe->take(storage::Position::max()).evaluated < visible)
      std::this_thread::yield();
  }

  Limits limits;
  SystemClock clock;
  SeededRandom random{7};
  Logger logger;
  // On the heap: the thread sanitizer takes mutexes at one address of the stack for one.
  std::unique_ptr<memory::MemoryStore> store_owner = std::make_unique<memory::MemoryStore>();
  memory::MemoryStore& store = *store_owner;
  oplog::PostingWriter postings{store};
  oplog::LogBlocks log_blocks{store, static_cast<std::size_t>(limits.log_blocks_bytes_max)};
  commit::CommitLayer commits;
  std::unique_ptr<StreamHub> hub;
  FakeLookup lookup;
  StreamCounters counters;
  std::shared_ptr<const ClientInfo> client = std::make_shared<ClientInfo>();
  model::Uuid uuid{"0123456789abcdef"};
};

/// "a b c": the fields in their order.
inline std::string field_names(bson::View document) {
  std::string names;
  for (const bson::Element& field : document) {
    names += (names.empty() ? "" : " ") + std::string(field.name());
  }
  return names;
}

inline std::string type_of(const std::string& event) {
  return std::string(bson::View(event)["operationType"].as_string());
}
inline model::ResumeToken token_of(const std::string& event) {
  return model::ResumeToken::parse(bson::View(event)["_id"].as_document());
}
/// The operation types, joined by blanks.
inline std::string types_of(const std::vector<std::string>& events) {
  std::string all;
  for (const std::string& event : events)
    all += (all.empty() ? "" : " ") + type_of(event);
  return all;
}
template <typename Call>
ErrorCode code_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::OK;
}

}  // namespace freshet::stream::testing

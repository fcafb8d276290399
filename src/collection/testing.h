// SPDX-License-Identifier: Apache-2.0
// The data floor over a memory store, for tests: opened, closed and opened again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/operation.h"
#include "base/random.h"
#include "bson/json.h"
#include "collection/data.h"
#include "collection/index_cursor.h"
#include "collection/index_fill.h"
#include "collection/insert_form.h"
#include "collection/validate.h"
#include "query/update.h"
#include "storage/commit/commit_layer.h"
#include "storage/memory/memory_store.h"

namespace freshet::collection {

/// BSON from Extended JSON.
inline std::string bson_of(std::string_view json) {
  return bson::from_json(json);
}

class DataTest : public ::testing::Test {
 protected:
  DataTest() { open(); }
  ~DataTest() override { close(); }

  void open() {
    commits_.emplace(store_, clock_, logger_, commit::CommitOptions{});
    data_.emplace(store_, *commits_, clock_, random_, logger_);
  }
  void close() {
    data_.reset();
    commits_.reset();
  }
  /// As after kill -9: nothing is written on the way out.
  void reopen() {
    close();
    open();
  }

  Data& data() { return *data_; }
  model::Namespace ns(std::string_view full = "test.c") const {
    return model::Namespace::parse(full);
  }
  catalog::CollectionPtr collection(std::string_view full = "test.c") {
    return data().catalog().latest()->find(ns(full));
  }

  /// Inserts one document; the outcome, after commit when it was Done.
  WriteOutcome insert(std::string_view json, std::string_view full = "test.c") {
    data().ddl().ensure_collection(ns(full));
    const std::string given = bson_of(json);
    const std::string document =
        prepare_insert(bson::View(given), data().object_ids(), bson::Timestamp{1, 1});
    return write(full,
                 [&](Writer& writer, WriteUnit&) { return writer.insert(bson::View(document)); });
  }
  WriteOutcome update(std::string_view id_json, std::string_view update_json,
                      std::string_view full = "test.c") {
    return write(full, [&](Writer& writer, WriteUnit& unit) {
      const RecordId id = record_of(unit.transaction(), id_json, full);
      const auto before = get_document(unit.transaction(), store_, writer.collection(), id).value();
      const std::string spec = bson_of(update_json);
      const query::QueryContext context;
      const query::Update parsed(bson::ValueView::document(bson::View(spec)), bson::View(),
                                 context);
      const query::UpdateOutcome outcome = parsed.apply(bson::View(before), {}, context);
      return writer.update(id, bson::View(before), outcome);
    });
  }
  WriteOutcome remove(std::string_view id_json, std::string_view full = "test.c") {
    return write(full, [&](Writer& writer, WriteUnit& unit) {
      const RecordId id = record_of(unit.transaction(), id_json, full);
      const auto before = get_document(unit.transaction(), store_, writer.collection(), id).value();
      return writer.remove(id, bson::View(before));
    });
  }

  template <typename Body>
  WriteOutcome write(std::string_view full, Body body) {
    WriteUnit unit = data().begin();
    Writer writer(unit, unit.catalog().find(ns(full)), data().write_context());
    WriteOutcome outcome = body(writer, unit);
    if (outcome.done()) {
      EXPECT_EQ(unit.commit().status, commit::CommitStatus::Committed);
    }
    return outcome;
  }

  RecordId record_of(const storage::Reader& reader, std::string_view id_json,
                     std::string_view full = "test.c") {
    const std::string wrapped = bson_of(std::string("{\"_id\":") + std::string(id_json) + "}");
    return find_by_id(reader, *collection(full), bson::View(wrapped)["_id"]).value();
  }

  /// Builds an index; what was published at the start, with the numbers of the end.
  catalog::StartedBuild index(std::string_view spec_json, std::string_view full = "test.c") {
    Operation op(clock_, 1, std::make_shared<ClientInfo>());
    const std::string spec = bson_of(spec_json);
    catalog::StartedBuild build = data().ddl().start_build(ns(full), {bson::View(spec)});
    if (!build.indexes.empty()) {
      const catalog::FinishedBuild finished = fill_indexes(data(), op, build);
      build.position = finished.position;
      build.indexes_after = finished.indexes_after;
    }
    return build;
  }

  /// All documents in natural order, as JSON.
  std::vector<std::string> documents(std::string_view full = "test.c") {
    const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
    std::vector<std::string> found;
    RecordCursor cursor(*snapshot, store_, *collection(full));
    for (; cursor.valid(); cursor.next())
      found.push_back(bson::to_json(cursor.document()));
    return found;
  }

  /// The entries of the log, oldest first.
  std::vector<std::string> log() {
    std::vector<std::string> entries;
    const auto cursor = store_.read_log({});
    while (auto record = cursor->next())
      entries.push_back(std::move(record->bytes));
    return entries;
  }

  /// Documents, indexes, counters and log agree.
  void expect_consistent() {
    const auto snapshot = data().commits().snapshot(commit::ReadPoint::Latest);
    const catalog::StatePtr state = data().catalog().at(*snapshot);
    for (const catalog::CollectionPtr& each : state->all()) {
      if (each->is_view()) continue;
      const ValidateResult result = validate(*snapshot, *each, nullptr);
      for (const std::string& error : result.errors)
        ADD_FAILURE() << each->full_name << ": " << error;
      EXPECT_EQ(each->runtime->documents.load(), result.documents) << each->full_name;
      EXPECT_EQ(each->runtime->bytes.load(), result.bytes) << each->full_name;
    }
    for (const std::string& error : compare_log_with_documents(store_, *snapshot, *state)) {
      ADD_FAILURE() << error;
    }
  }

  memory::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{42};
  Logger logger_{clock_, LogOptions{.target = LogOptions::Target::Nowhere}};
  std::optional<commit::CommitLayer> commits_;
  std::optional<Data> data_;
};

/// The code a call throws; OK when it throws nothing.
template <typename Body>
ErrorCode code_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::OK;
}

}  // namespace freshet::collection

// SPDX-License-Identifier: Apache-2.0
#include "collection/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/validate.h"
#include "collection/capped.h"
#include "collection/index_cursor.h"
#include "collection/index_keys.h"
#include "collection/record.h"
#include "collection/wildcard_keys.h"

namespace freshet::collection {
namespace {

std::string id_of(bson::View document) {
  bson::Builder out;
  return out.add("_id", document["_id"].value()).take();
}

class Validation {
 public:
  Validation(const storage::Reader& reader, const catalog::CollectionDefinition& collection,
             Operation* op)
      : reader_(reader), collection_(collection), op_(op) {}

  ValidateResult run() {
    const auto scan = reader_.scan(collection_.space(), {}, storage::Direction::Forward);
    for (; scan->valid(); scan->next()) {
      check_operation();
      check_record(record_id_of(scan->key()), scan->value());
    }
    for (const catalog::IndexPtr& index : collection_.indexes) {
      if (!index->building) check_entries(*index);
    }
    if (collection_.capped) check_capped();
    return std::move(result_);
  }

 private:
  void check_operation() {
    if (op_ != nullptr) op_->check();
  }

  void report(std::string error) {
    if (result_.errors.size() < ValidateResult::kErrorsMax) {
      result_.errors.push_back(std::move(error));
    }
  }

  void report(const catalog::IndexDefinition& index, std::string error) {
    result_.wrong_indexes.insert(index.name);
    report(fmt::format("index {} {}", index.name, error));
  }

  static void add(std::vector<WrongEntry>& entries, WrongEntry entry) {
    if (entries.size() < ValidateResult::kErrorsMax) entries.push_back(std::move(entry));
  }

  void check_record(RecordId id, std::string_view bytes) {
    ++result_.documents;
    result_.bytes += static_cast<std::int64_t>(bytes.size());
    const bson::ValidateResult form = bson::validate(bytes);
    if (!form || form.size != bytes.size()) {
      ++result_.invalid_documents;
      report(fmt::format("record {} is no document: {}", value_of(id),
                         form.problem == nullptr ? "wrong length" : form.problem));
      return;
    }
    for (const catalog::IndexPtr& index : collection_.indexes) {
      if (!index->building) check_keys(*index, id, bson::View(bytes));
    }
  }

  void check_keys(const catalog::IndexDefinition& index, RecordId id, bson::View document) {
    IndexKeys keys;
    try {
      keys = index_keys(index, document);
    } catch (const Error& error) {
      return report(index, fmt::format("cannot hold record {}: {}", value_of(id), error.message()));
    }
    expected_[index.id] += static_cast<std::int64_t>(keys.keys.size());
    for (const std::string& key : keys.keys) {
      const auto entry = reader_.get(index.space(), index.unique ? key : key + record_key(id));
      if (!entry) {
        report(index, fmt::format("lacks a key of record {}", value_of(id)));
        add(result_.missing_keys,
            {index.name, value_of(id), id_of(document), key_value_document(index, document, key)});
      } else if (*entry != (index.unique ? record_key(id) + keys.types : keys.types)) {
        report(index,
               fmt::format("has a key of record {} with the value of another", value_of(id)));
      }
    }
    check_shape(index, keys);
  }

  void check_shape(const catalog::IndexDefinition& index, const IndexKeys& keys) {
    const catalog::IndexShape& known = index.runtime->known;
    for (std::size_t i = 0; i < keys.arrays.size(); ++i) {
      if ((keys.arrays[i] & ~known.arrays[i].load()) == 0) continue;
      report(index, "does not know that it is multikey");
    }
    for (const std::string& path : keys.array_paths) {
      if (reader_.get(index.space(), array_note_key(path))) continue;
      report(index, fmt::format("does not know of the arrays at {}", path));
    }
    if (keys.cut && !known.cut.load()) {
      report(index, "does not know that it has keys that were cut");
    }
  }

  // Every key that should be there is; with equal counts there is no other.
  void check_entries(const catalog::IndexDefinition& index) {
    std::int64_t count = 0;
    for (IndexCursor cursor(reader_, index, {}); cursor.valid(); cursor.next()) {
      check_operation();
      ++count;
    }
    result_.keys_per_index[index.name] = count;
    if (count == expected_[index.id]) return;
    report(index, fmt::format("has {} keys, the documents have {}", count, expected_[index.id]));
    find_extra(index);
  }

  void find_extra(const catalog::IndexDefinition& index) {
    for (IndexCursor cursor(reader_, index, {}); cursor.valid(); cursor.next()) {
      check_operation();
      const RecordId id = cursor.record();
      const auto document = reader_.get(collection_.space(), record_key(id));
      const bool sound = document && is_document(*document);
      if (sound && has_key(index, bson::View(*document), cursor.key())) continue;
      add(result_.extra_keys,
          {index.name, value_of(id), sound ? id_of(bson::View(*document)) : std::string(), {}});
    }
  }

  static bool is_document(std::string_view bytes) {
    const bson::ValidateResult form = bson::validate(bytes);
    return form && form.size == bytes.size();
  }

  static bool has_key(const catalog::IndexDefinition& index, bson::View document,
                      std::string_view key) {
    const std::vector<std::string> keys = index_keys(index, document).keys;
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }

  void check_capped() {
    const CappedState state = CappedState::load(reader_, collection_);
    if (state.documents == result_.documents && state.bytes == result_.bytes) return;
    report(fmt::format("the cap counts {} documents of {} bytes, there are {} of {}",
                       state.documents, state.bytes, result_.documents, result_.bytes));
  }

  const storage::Reader& reader_;
  const catalog::CollectionDefinition& collection_;
  Operation* op_;
  ValidateResult result_;
  std::map<std::uint64_t, std::int64_t> expected_;
};

}  // namespace

ValidateResult validate(const storage::Reader& reader,
                        const catalog::CollectionDefinition& collection, Operation* op) {
  return Validation(reader, collection, op).run();
}

}  // namespace freshet::collection

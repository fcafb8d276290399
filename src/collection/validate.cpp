// SPDX-License-Identifier: Apache-2.0
#include "collection/validate.h"

#include <fmt/format.h>

#include <utility>

#include "bson/validate.h"
#include "collection/index_keys.h"
#include "collection/record.h"
#include "collection/wildcard_keys.h"

namespace freshet::collection {
namespace {

class Validation {
 public:
  Validation(const storage::Reader& reader, const catalog::CollectionDefinition& collection,
             Operation* op)
      : reader_(reader), collection_(collection), op_(op) {}

  ValidateResult run() {
    const auto scan = reader_.scan(collection_.space(), {}, storage::Direction::Forward);
    for (; scan->valid(); scan->next()) {
      if (op_ != nullptr) op_->check();
      check_record(record_id_of(scan->key()), scan->value());
    }
    for (const catalog::IndexPtr& index : collection_.indexes) {
      if (!index->building) check_count(*index);
    }
    return std::move(result_);
  }

 private:
  void report(std::string error) {
    if (result_.errors.size() < ValidateResult::kErrorsMax) {
      result_.errors.push_back(std::move(error));
    }
  }

  void check_record(RecordId id, std::string_view bytes) {
    ++result_.documents;
    result_.bytes += static_cast<std::int64_t>(bytes.size());
    const bson::ValidateResult form = bson::validate(bytes);
    if (!form || form.size != bytes.size()) {
      report(fmt::format("record {} is no document: {}", value_of(id),
                         form.problem == nullptr ? "wrong length" : form.problem));
      return;
    }
    for (const catalog::IndexPtr& index : collection_.indexes) {
      if (!index->building) check_keys(*index, id, bson::View(bytes));
    }
  }

  void check_keys(const catalog::IndexDefinition& index, RecordId id, bson::View document) {
    const IndexKeys keys = index_keys(index, document);
    expected_[index.id] += static_cast<std::int64_t>(keys.keys.size());
    for (const std::string& key : keys.keys) {
      const auto entry = reader_.get(index.space(), index.unique ? key : key + record_key(id));
      if (!entry) {
        report(fmt::format("index {} lacks a key of record {}", index.name, value_of(id)));
      } else if (*entry != (index.unique ? record_key(id) + keys.types : keys.types)) {
        report(fmt::format("index {} has a key of record {} with the value of another", index.name,
                           value_of(id)));
      }
    }
    check_shape(index, keys);
  }

  void check_shape(const catalog::IndexDefinition& index, const IndexKeys& keys) {
    const catalog::IndexShape& known = index.runtime->known;
    for (std::size_t i = 0; i < keys.arrays.size(); ++i) {
      if ((keys.arrays[i] & ~known.arrays[i].load()) == 0) continue;
      report(fmt::format("index {} does not know that it is multikey", index.name));
    }
    for (const std::string& path : keys.array_paths) {
      if (reader_.get(index.space(), array_note_key(path))) continue;
      report(fmt::format("index {} does not know of the arrays at {}", index.name, path));
    }
    if (keys.cut && !known.cut.load()) {
      report(fmt::format("index {} does not know that it has keys that were cut", index.name));
    }
  }

  // Every key that should be there is; with equal counts there is no other.
  void check_count(const catalog::IndexDefinition& index) {
    std::int64_t count = 0;
    const auto scan = reader_.scan(index.space(), {}, storage::Direction::Forward);
    for (; scan->valid(); scan->next()) {
      if (op_ != nullptr) op_->check();
      if (index.wildcard == nullptr || !is_array_note(scan->key())) ++count;
    }
    result_.keys_per_index[index.name] = count;
    if (count != expected_[index.id]) {
      report(fmt::format("index {} has {} keys, the documents have {}", index.name, count,
                         expected_[index.id]));
    }
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

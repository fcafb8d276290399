// SPDX-License-Identifier: Apache-2.0
#include "collection/unique_conversion.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "collection/index_cursor.h"
#include "collection/index_fill.h"
#include "collection/record.h"

namespace freshet::collection {
namespace {

/// How many groups of documents with one key are told.
constexpr std::size_t kViolationsMax = 1'000;

catalog::IndexPtr find_target(const catalog::CollectionDefinition& collection, bson::View target) {
  for (const catalog::IndexPtr& index : collection.indexes) {
    const bson::Element name = target["name"];
    const bson::Element key = target["keyPattern"];
    const bool named = name.is_string() && index->name == name.as_string();
    const bool has_key =
        key.is_document() && bson::compare(index->key_pattern(), key.as_document()) == 0;
    if (named || has_key) return index;
  }
  return nullptr;
}

/// The records of each key that has several.
std::vector<std::vector<RecordId>> find_violations(const storage::Reader& reader,
                                                   const catalog::IndexDefinition& index,
                                                   Operation& op) {
  std::vector<std::vector<RecordId>> violations;
  std::string last_key;
  std::vector<RecordId> records;
  const auto close = [&] {
    if (records.size() > 1) violations.push_back(std::move(records));
    records.clear();
  };
  for (IndexCursor cursor(reader, index, {}); cursor.valid(); cursor.next()) {
    op.check();
    if (violations.size() == kViolationsMax) return violations;
    if (records.empty() || cursor.key() != last_key) {
      close();
      last_key = cursor.key();
    }
    records.push_back(cursor.record());
  }
  close();
  return violations;
}

Error cannot_convert(const storage::Reader& reader, const catalog::CollectionDefinition& collection,
                     const std::vector<std::vector<RecordId>>& violations) {
  bson::Builder extra;
  extra.open_array("violations");
  for (const std::vector<RecordId>& records : violations) {
    extra.push_document().open_array("ids");
    for (const auto& document : get_documents(reader, collection, records)) {
      if (document) extra.push(bson::View(*document)["_id"].value());
    }
    extra.close().close();
  }
  extra.close();
  return Error(ErrorCode::CannotConvertIndexToUnique,
               "Cannot convert the index to unique. Please resolve conflicting documents before "
               "running collMod again.")
      .with_extra(extra.take());
}

}  // namespace

std::optional<storage::Position> convert_to_unique(Data& data, Operation& op,
                                                   const model::Namespace& ns, bson::View target,
                                                   bool dry_run) {
  const auto snapshot = data.commits().snapshot(commit::ReadPoint::Latest);
  const catalog::StatePtr state = data.catalog().at(*snapshot);
  const catalog::CollectionPtr collection = catalog::require_collection(*state, ns);
  const catalog::IndexPtr index = find_target(*collection, target);
  if (index == nullptr) raise(ErrorCode::IndexNotFound, "cannot find index for ns {}", ns.full());
  if (index->unique) return std::nullopt;
  if (!dry_run && !index->prepare_unique) {
    raise(ErrorCode::InvalidOptions,
          "Cannot make index unique with 'prepareUnique=false'. Run collMod to set it first.");
  }
  const auto violations = find_violations(*snapshot, *index, op);
  if (!violations.empty()) throw cannot_convert(*snapshot, *collection, violations);
  if (dry_run) return std::nullopt;
  return fill_indexes(data, op, data.ddl().start_unique(collection->id, index->id)).position;
}

}  // namespace freshet::collection

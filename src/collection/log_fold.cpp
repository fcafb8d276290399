// SPDX-License-Identifier: Apache-2.0
// The log, applied to nothing, must give the documents.
#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "bson/json.h"
#include "collection/record.h"
#include "collection/validate.h"
#include "oplog/apply_ops.h"
#include "oplog/entry.h"
#include "query/delta.h"

namespace freshet::collection {
namespace {

using oplog::EntryView;
using oplog::OpKind;

/// Type byte and bytes of an `_id`.
std::string id_key(bson::ValueView id) {
  std::string key(1, static_cast<char>(id.type()));
  key += id.raw();
  return key;
}

using Documents = std::map<std::string, std::string>;

class Fold {
 public:
  void apply(const EntryView& entry) {
    const auto uuid = entry.uuid();
    if (entry.kind == OpKind::Noop || !uuid) return;
    if (entry.kind == OpKind::Command) {
      if (entry.command_name() == "create" && entry.o["capped"].truthy()) capped_.insert(*uuid);
      if (entry.command_name() == "drop") collections_.erase(*uuid);
      if (entry.command_name() == "renameCollection") {
        if (const auto target = model::Uuid::from(entry.o["dropTarget"])) {
          collections_.erase(*target);
        }
      }
      return;
    }
    apply_write(entry, collections_[*uuid]);
  }

  const Documents& of(const model::Uuid& uuid) { return collections_[uuid]; }
  std::vector<std::string>& errors() { return errors_; }

  void report(const EntryView& entry, const char* what) {
    errors_.push_back(fmt::format("{} at {} in {}", what, entry.time.value(), entry.ns));
  }

 private:
  void apply_write(const EntryView& entry, Documents& documents) {
    const std::string key = id_key(entry.document_id());
    const auto at = documents.find(key);
    if (entry.kind == OpKind::Insert) {
      // What a cap pushed out is not in the log and may come again.
      if (at != documents.end() && capped_.count(*entry.uuid()) == 0) {
        report(entry, "insert of what is there");
      }
      documents[key] = entry.o.to_string();
      return;
    }
    if (at == documents.end()) {
      report(entry, "change of what is not there");
      return;
    }
    if (entry.pre && entry.pre.raw() != at->second) report(entry, "wrong pre-image");
    if (entry.kind == OpKind::Delete) {
      documents.erase(at);
    } else {
      at->second = entry.is_replacement() ? entry.o.to_string()
                                          : query::apply_diff(bson::View(at->second), entry.diff());
    }
  }

  std::map<model::Uuid, Documents> collections_;
  std::set<model::Uuid> capped_;
  std::vector<std::string> errors_;
};

void compare(const storage::Reader& reader, const catalog::CollectionDefinition& collection,
             const Documents& folded, std::vector<std::string>& errors) {
  std::set<std::string> seen;
  const auto scan = reader.scan(collection.space(), {}, storage::Direction::Forward);
  for (; scan->valid(); scan->next()) {
    const bson::View document(scan->value());
    const std::string key = id_key(document["_id"]);
    const auto at = folded.find(key);
    if (at == folded.end()) {
      errors.push_back(
          fmt::format("{}: not in the log: {}", collection.full_name, bson::to_json(document)));
    } else if (at->second != scan->value()) {
      errors.push_back(fmt::format("{}: the log has {}, the collection {}", collection.full_name,
                                   bson::to_json(bson::View(at->second)), bson::to_json(document)));
    }
    seen.insert(key);
  }
  if (collection.capped) return;  // what the cap pushed out is not in the log
  for (const auto& [key, document] : folded) {
    if (seen.count(key) != 0) continue;
    errors.push_back(fmt::format("{}: only in the log: {}", collection.full_name,
                                 bson::to_json(bson::View(document))));
  }
}

}  // namespace

std::vector<std::string> compare_log_with_documents(storage::Store& store,
                                                    const storage::Reader& reader,
                                                    const catalog::CatalogState& state) {
  Fold fold;
  const auto cursor = store.read_log({});
  while (const auto record = cursor->next()) {
    const EntryView entry = EntryView::parse(record->bytes);
    if (entry.time != record->position) fold.report(entry, "ts is not the position");
    oplog::OperationReader operations(entry);
    while (const auto operation = operations.next())
      fold.apply(*operation);
  }
  std::vector<std::string> errors = std::move(fold.errors());
  for (const catalog::CollectionPtr& collection : state.all()) {
    if (!collection->is_view() && collection->is_logged()) {
      compare(reader, *collection, fold.of(collection->uuid), errors);
    }
  }
  return errors;
}

}  // namespace freshet::collection

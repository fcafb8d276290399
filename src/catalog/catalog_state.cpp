// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <utility>

#include "bson/builder.h"
#include "catalog/catalog.h"
#include "catalog/state_builder.h"
#include "oplog/entry.h"

namespace freshet::catalog {
namespace {

// The log's own UUID is the same everywhere: it is no collection that could be created.
constexpr std::string_view kOplogUuid{
    "\x6f\x70\x6c\x6f\x67\x2e\x42\x73\x80\x01\x00\x00\x00\x00\x00\x01", 16};

bool less_id(const CollectionPtr& a, std::uint64_t id) {
  return a->id < id;
}
bool less_uuid(const CollectionPtr& a, const model::Uuid& uuid) {
  return a->uuid < uuid;
}
bool less_name(const CollectionPtr& a, std::string_view coll) {
  return a->ns.coll < coll;
}

CollectionPtr make_oplog_definition() {
  auto oplog = std::make_shared<CollectionDefinition>();
  oplog->id = kOplogId;
  oplog->uuid = model::Uuid(kOplogUuid);
  oplog->ns = {std::string(oplog::kDatabase), std::string(oplog::kCollection)};
  oplog->full_name = oplog->ns.full();
  bson::Builder options;
  options.add("capped", true).add("size", std::int64_t{1} << 50);
  oplog->options = options.take();
  oplog->capped = true;
  oplog->capped_bytes = std::int64_t{1} << 50;
  oplog->runtime = std::make_shared<CollectionRuntime>();
  return oplog;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

CollectionPtr CatalogState::find(std::string_view db, std::string_view coll) const {
  const std::vector<CollectionPtr>& all = collections(db);
  const auto at = std::lower_bound(all.begin(), all.end(), coll, less_name);
  return at != all.end() && (*at)->ns.coll == coll ? *at : nullptr;
}

CollectionPtr CatalogState::find_by_id(std::uint64_t id) const {
  if (id == kOplogId) return find(oplog::kDatabase, oplog::kCollection);
  const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), id, less_id);
  return at != by_id_.end() && (*at)->id == id ? *at : nullptr;
}

CollectionPtr CatalogState::find_by_uuid(const model::Uuid& uuid) const {
  const auto at = std::lower_bound(by_uuid_.begin(), by_uuid_.end(), uuid, less_uuid);
  return at != by_uuid_.end() && (*at)->uuid == uuid ? *at : nullptr;
}

std::vector<std::string> CatalogState::database_names() const {
  std::vector<std::string> names;
  names.reserve(databases_.size());
  for (const auto& database : databases_)
    names.push_back(database->name);
  return names;
}

bool CatalogState::has_database(std::string_view db) const {
  return !collections(db).empty();
}

const std::vector<CollectionPtr>& CatalogState::collections(std::string_view db) const {
  static const std::vector<CollectionPtr> kNone;
  const auto at = std::lower_bound(
      databases_.begin(), databases_.end(), db,
      [](const auto& database, std::string_view name) { return database->name < name; });
  return at != databases_.end() && (*at)->name == db ? (*at)->collections : kNone;
}

std::optional<std::string> CatalogState::database_differing_by_case(std::string_view db) const {
  if (has_database(db)) return std::nullopt;
  for (const auto& database : databases_) {
    if (equal_ignoring_case(database->name, db)) return database->name;
  }
  return std::nullopt;
}

StateBuilder::StateBuilder() : state_(std::make_shared<CatalogState>()) {
  CollectionPtr oplog = make_oplog_definition();
  changed(oplog->ns.db).push_back(oplog);
}

StateBuilder::StateBuilder(const CatalogState& base)
    : state_(std::make_shared<CatalogState>(base)) {}

StateBuilder::~StateBuilder() = default;

std::vector<CollectionPtr>& StateBuilder::changed(const std::string& db) {
  const auto [at, added] = changed_.try_emplace(db);
  if (added) at->second = state_->collections(db);
  return at->second;
}

void StateBuilder::put(CollectionPtr definition) {
  remove(definition->id);
  auto& by_id = state_->by_id_;
  by_id.insert(std::lower_bound(by_id.begin(), by_id.end(), definition->id, less_id), definition);
  if (!definition->is_view()) {
    auto& by_uuid = state_->by_uuid_;
    by_uuid.insert(std::lower_bound(by_uuid.begin(), by_uuid.end(), definition->uuid, less_uuid),
                   definition);
  }
  auto& by_name = changed(definition->ns.db);
  by_name.insert(std::lower_bound(by_name.begin(), by_name.end(), definition->ns.coll, less_name),
                 std::move(definition));
}

void StateBuilder::remove(std::uint64_t id) {
  auto& by_id = state_->by_id_;
  const auto at = std::lower_bound(by_id.begin(), by_id.end(), id, less_id);
  if (at == by_id.end() || (*at)->id != id) return;
  const CollectionPtr old = *at;
  by_id.erase(at);
  const auto same = [&old](const CollectionPtr& other) { return other->id == old->id; };
  std::erase_if(state_->by_uuid_, same);
  std::erase_if(changed(old->ns.db), same);
}

std::shared_ptr<CatalogState> StateBuilder::finish() {
  auto& databases = state_->databases_;
  for (auto& [name, collections] : changed_) {
    const auto at = std::lower_bound(
        databases.begin(), databases.end(), name,
        [](const auto& database, const std::string& wanted) { return database->name < wanted; });
    const bool there = at != databases.end() && (*at)->name == name;
    if (collections.empty()) {
      if (there) databases.erase(at);
      continue;
    }
    auto database = std::make_shared<CatalogState::Database>();
    database->name = name;
    database->collections = std::move(collections);
    if (there) {
      *at = std::move(database);
    } else {
      databases.insert(at, std::move(database));
    }
  }
  changed_.clear();
  return state_;
}

}  // namespace freshet::catalog

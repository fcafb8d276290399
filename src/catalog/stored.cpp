// SPDX-License-Identifier: Apache-2.0
#include "catalog/stored.h"

#include <memory>

#include "base/bytes.h"
#include "base/invariant.h"
#include "bson/builder.h"
#include "bson/key.h"
#include "catalog/index_spec.h"
#include "catalog/options.h"

namespace freshet::catalog {

std::string stored_key(StoredKey kind) {
  return std::string(1, static_cast<char>(kind));
}

std::string stored_key(StoredKey kind, std::uint64_t id) {
  std::string key = stored_key(kind);
  append_be64(key, id);
  return key;
}

std::string multikey_key(std::uint64_t index_id, std::size_t component, std::size_t path_part) {
  std::string key = stored_key(StoredKey::Multikey, index_id);
  key.push_back(static_cast<char>(component));
  key.push_back(static_cast<char>(path_part));
  return key;
}

std::string reclaim_key(storage::Space space) {
  std::string key = stored_key(StoredKey::Reclaim);
  key.push_back(static_cast<char>(space.kind));
  append_be64(key, space.id);
  return key;
}

std::string name_key(const model::Namespace& ns) {
  return stored_key(StoredKey::Name) + ns.full();
}

storage::KeyRange stored_range(StoredKey kind) {
  std::string begin = stored_key(kind);
  std::string end = bson::prefix_end(begin);
  return {std::move(begin), std::move(end)};
}

storage::KeyRange stored_range(StoredKey kind, std::uint64_t id) {
  std::string begin = stored_key(kind, id);
  std::string end = bson::prefix_end(begin);
  return {std::move(begin), std::move(end)};
}

std::uint64_t id_of_key(std::string_view key) {
  invariant(key.size() >= 9, "a catalog key with an id has nine bytes");
  return load_be64(key.data() + 1);
}

storage::Space space_of_reclaim_key(std::string_view key) {
  invariant(key.size() == 10, "a reclaim key has ten bytes");
  return {static_cast<storage::SpaceKind>(key[1]), load_be64(key.data() + 2)};
}

std::string encode_definition(const CollectionDefinition& definition) {
  bson::Builder out;
  out.add("id", static_cast<std::int64_t>(definition.id));
  if (!definition.is_view()) definition.uuid.append_to(out, "uuid");
  out.add("db", definition.ns.db).add("coll", definition.ns.coll);
  out.add("options", bson::View(definition.options));
  out.open_array("indexes");
  for (const IndexPtr& index : definition.indexes) {
    out.push_document().add("id", static_cast<std::int64_t>(index->id));
    out.add("spec", bson::View(index->spec));
    if (index->building) out.add("building", true);
    if (index->replaces != 0) out.add("replaces", static_cast<std::int64_t>(index->replaces));
    out.close();
  }
  out.close();
  return out.take();
}

CollectionDefinition decode_definition(bson::View stored) {
  CollectionDefinition definition;
  definition.id = static_cast<std::uint64_t>(stored["id"].as_int64());
  if (const auto uuid = model::Uuid::from(stored["uuid"])) definition.uuid = *uuid;
  definition.ns = {std::string(stored["db"].as_string()), std::string(stored["coll"].as_string())};
  definition.full_name = definition.ns.full();
  apply_options(definition, stored["options"].as_document().to_string());
  for (const bson::Element& element : stored["indexes"].as_document()) {
    const bson::View index = element.as_document();
    IndexDefinition made = make_index(static_cast<std::uint64_t>(index["id"].as_int64()),
                                      index["spec"].as_document().to_string());
    made.building = index["building"].truthy();
    if (const bson::Element replaces = index["replaces"]) {
      made.replaces = static_cast<std::uint64_t>(replaces.as_int64());
    }
    definition.indexes.push_back(std::make_shared<const IndexDefinition>(std::move(made)));
  }
  definition.runtime = std::make_shared<CollectionRuntime>();
  return definition;
}

}  // namespace freshet::catalog

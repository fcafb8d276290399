// SPDX-License-Identifier: Apache-2.0
// The keys and values of the Catalog space. Their grammar stands in docs/formats/catalog.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "storage/store.h"

namespace freshet::catalog {

inline constexpr storage::Space kCatalogSpace{storage::SpaceKind::Catalog};

/// First byte of a key. Stored: never renumber.
enum class StoredKey : char {
  Capped = 'a',        ///< + collection id: what a capped collection holds
  Collection = 'c',    ///< + collection id: its definition
  BuildFailure = 'f',  ///< + index id: why it cannot get ready
  CutKeys = 'l',       ///< + index id: some of its keys were cut
  Multikey = 'm',      ///< + index id + component (1 byte) + part of its path (1 byte)
  NextId = 'n',        ///< the next id of a collection or index
  Name = 'o',          ///< + "db.coll": only ever held
  NoDuplicates = 'u',  ///< + index id: counts the commits that added keys under prepareUnique
  Reclaim = 'r',       ///< + space kind (1 byte) + space id: a range to be dropped
};

std::string stored_key(StoredKey kind);
std::string stored_key(StoredKey kind, std::uint64_t id);
std::string multikey_key(std::uint64_t index_id, std::size_t component, std::size_t path_part);
std::string reclaim_key(storage::Space space);
/// Held, and never stored, by a transaction that creates a collection of this name.
std::string name_key(const model::Namespace& ns);
/// Every key of one kind.
storage::KeyRange stored_range(StoredKey kind);
/// Every key of one kind that begins with `id`.
storage::KeyRange stored_range(StoredKey kind, std::uint64_t id);
/// The id behind the first byte. Requires: a key that has one.
std::uint64_t id_of_key(std::string_view key);
storage::Space space_of_reclaim_key(std::string_view key);

std::string encode_definition(const CollectionDefinition& definition);
/// Compiled and with fresh runtimes; version zero.
CollectionDefinition decode_definition(bson::View stored);

}  // namespace freshet::catalog

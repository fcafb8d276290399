// SPDX-License-Identifier: Apache-2.0
// What a collection and an index are. Definitions are immutable values of one moment; a change
// makes a new one. What moves while they stand (counters, multikey flags) sits in the runtime
// structs, which the versions of one collection share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "model/namespace.h"
#include "model/uuid.h"
#include "query/collation.h"
#include "query/matcher.h"
#include "storage/store.h"

namespace freshet::catalog {

inline constexpr std::string_view kIdIndexName = "_id_";
inline constexpr std::size_t kIndexesMax = 64;      ///< per collection
inline constexpr std::size_t kIndexFieldsMax = 32;  ///< per compound index
/// The collection id of local.oplog.rs; ids of stored collections and indexes begin above it.
inline constexpr std::uint64_t kOplogId = 1;
inline constexpr std::uint64_t kFirstId = 16;

/// Moves while an index stands. Shared by the versions of its definition.
struct IndexRuntime {
  /// Bit i: some document has (or had, or may get) an array on the path of component i. Set before
  /// the key is committed: read it after opening the snapshot.
  std::atomic<std::uint32_t> multikey{0};
  /// The bits that are stored: what is set but not stored yet is written along with the next key.
  std::atomic<std::uint32_t> multikey_stored{0};
};

/// Moves while a collection stands. Shared by the versions of its definition.
struct CollectionRuntime {
  std::atomic<std::int64_t> documents{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::uint64_t> next_record_id{0};  ///< 0: not known yet, see collection/writer
};

struct IndexPart {
  enum class Kind : std::uint8_t { Ascending, Descending, Hashed };
  std::string path;
  Kind kind = Kind::Ascending;
  bool descending() const { return kind == Kind::Descending; }
};

struct IndexDefinition {
  std::uint64_t id = 0;  ///< never reused; the id of its space
  std::string name;
  std::string key;  ///< key pattern, BSON
  std::vector<IndexPart> parts;
  std::string spec;     ///< {v, key, name, …} as listIndexes shows it, BSON
  bool unique = false;  ///< keys hold the record id in their value; true for _id
  bool sparse = false;
  bool hidden = false;         ///< maintained, not planned with
  bool building = false;       ///< maintained, not yet complete: not planned with
  std::string partial_filter;  ///< BSON, empty when there is none
  std::shared_ptr<const query::Matcher> partial;      ///< compiled; shared by definition versions
  std::shared_ptr<const query::Collation> collation;  ///< null: simple binary order; shared alike
  std::optional<std::int64_t> expire_after_seconds;   ///< TTL
  std::shared_ptr<IndexRuntime> runtime;  ///< shared: outlives this version while writers hold it

  bson::View key_pattern() const { return bson::View(key); }
  bool is_id_index() const { return name == kIdIndexName; }
  bool is_hashed() const;
  bool multikey() const { return runtime->multikey.load() != 0; }
  bool multikey_part(std::size_t i) const { return (runtime->multikey.load() >> i & 1U) != 0; }
  /// Usable by plans.
  bool ready() const { return !building && !hidden; }
  storage::Space space() const { return {storage::SpaceKind::Index, id}; }
};

/// Shared because every snapshot of the catalog and every plan may hold one.
using IndexPtr = std::shared_ptr<const IndexDefinition>;

enum class CollectionType : std::uint8_t { Collection, View };
enum class ValidationLevel : std::uint8_t { Off, Moderate, Strict };
enum class ValidationAction : std::uint8_t { Error, Warn };

struct CollectionDefinition {
  std::uint64_t id = 0;  ///< never reused; the id of its Documents space
  model::Uuid uuid;      ///< zero for views
  model::Namespace ns;
  CollectionType type = CollectionType::Collection;
  std::string options;        ///< as listCollections shows them, BSON
  storage::Position version;  ///< of the last change of this definition
  bool capped = false;
  std::int64_t capped_bytes = 0;
  std::int64_t capped_documents = 0;  ///< 0: no limit by number
  bool pre_images = false;            ///< changeStreamPreAndPostImages.enabled
  std::int64_t history_min_ms = 0;    ///< the log is kept at least that long; 0: as the server says
  std::int64_t image_age_ms = 0;      ///< pre-images are shown at most that long; 0: the same
  std::string validator;              ///< BSON, empty when there is none
  std::shared_ptr<const query::Matcher> validator_matcher;
  ValidationLevel validation_level = ValidationLevel::Strict;
  ValidationAction validation_action = ValidationAction::Error;
  std::shared_ptr<const query::Collation> collation;  ///< the default of its operations
  std::string view_on;                                ///< views: the collection part of the source
  std::string pipeline;                               ///< views: BSON array
  std::vector<IndexPtr> indexes;                      ///< _id first; building ones included
  std::shared_ptr<CollectionRuntime> runtime;
  std::string full_name;  ///< "db.coll"

  bool is_view() const { return type == CollectionType::View; }
  bool is_oplog() const { return id == kOplogId; }
  storage::Space space() const { return {storage::SpaceKind::Documents, id}; }
  const IndexDefinition* find_index(std::string_view name) const;
  /// The index on _id; null for views and the oplog.
  const IndexDefinition* id_index() const { return find_index(kIdIndexName); }
};

/// Shared because every snapshot of the catalog and every plan may hold one.
using CollectionPtr = std::shared_ptr<const CollectionDefinition>;

}  // namespace freshet::catalog

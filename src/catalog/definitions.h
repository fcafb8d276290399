// SPDX-License-Identifier: Apache-2.0
// What a collection and an index are. Definitions are immutable values of one moment; a change
// makes a new one. What moves while they stand (counters, multikey flags) sits in the runtime
// structs, which the versions of one collection share.
#pragma once

#include <array>
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
#include "query/geo/flat_grid.h"
#include "query/matcher.h"
#include "query/text/text_index.h"
#include "storage/commit/key_mark.h"
#include "storage/store.h"

namespace freshet::catalog {

class WildcardPaths;

inline constexpr std::string_view kIdIndexName = "_id_";
inline constexpr std::string_view kProfileCollection = "system.profile";
inline constexpr std::size_t kIndexesMax = 64;      ///< per collection
inline constexpr std::size_t kIndexFieldsMax = 32;  ///< per compound index
inline constexpr std::size_t kArrayPartsMax = 32;   ///< parts of a path told apart by IndexShape
/// The collection id of local.oplog.rs; ids of stored collections and indexes begin above it.
inline constexpr std::uint64_t kOplogId = 1;
inline constexpr std::uint64_t kFirstId = 16;

/// What is true of some key that an index has, or had, or may get. Only ever grows.
struct IndexShape {
  /// Bit p of element i: an array stood at part p of component i's path. The last bit stands for
  /// all parts from kArrayPartsMax - 1 on.
  std::array<std::atomic<std::uint32_t>, kIndexFieldsMax> arrays{};
  /// A key was too long and was cut: the order of the entries is not that of the values.
  std::atomic<bool> cut{false};
};

/// Moves while an index stands. Shared by the versions of its definition.
struct IndexRuntime {
  /// Set before the key is committed: read it after opening the snapshot.
  IndexShape known;
  /// What of it is stored: what is known but not stored yet is written along with the next key.
  IndexShape stored;
  /// How many plans read it, since the server started or the index was made.
  std::atomic<std::int64_t> uses{0};
  std::atomic<std::int64_t> since_ms{0};  ///< 0: since the server started
  /// Of the index on _id, whose every key is put by the index writer; see commit::NewKeys.
  commit::KeyMark mark;
};

/// What a command does with a collection, as `top` tells it apart.
enum class Use : std::uint8_t {
  Query,
  GetMore,
  Insert,
  Update,
  Remove,
  ReadCommand,
  WriteCommand,
};
inline constexpr std::size_t kUses = 7;

/// Relaxed: read together without a lock.
struct UseCounter {
  std::atomic<std::int64_t> count{0};
  std::atomic<std::int64_t> time_us{0};
};

/// Moves while a collection stands. Shared by the versions of its definition.
struct CollectionRuntime {
  std::atomic<std::int64_t> documents{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::uint64_t> next_record_id{0};  ///< 0: not known yet, see collection/writer
  std::array<UseCounter, kUses> uses;            ///< since the start, by Use
};

/// How the keys of an index are made; the table of kinds stands in index_kind.cpp.
enum class IndexKind : std::uint8_t { Ordered, Hashed, Wildcard, Text, Sphere, Flat };

struct IndexPart {
  enum class Kind : std::uint8_t { Ascending, Descending, Hashed, Wildcard, Text, Sphere, Flat };
  std::string path;  ///< Wildcard: what stands before ".$**", or empty
  Kind kind = Kind::Ascending;
  bool descending() const { return kind == Kind::Descending; }
};

struct IndexDefinition {
  std::uint64_t id = 0;  ///< never reused; the id of its space
  std::string name;
  std::string key;  ///< key pattern, BSON
  std::vector<IndexPart> parts;
  IndexKind kind = IndexKind::Ordered;
  std::string spec;     ///< {v, key, name, …} as listIndexes shows it, BSON
  bool unique = false;  ///< keys hold the record id in their value; true for _id
  bool sparse = false;
  bool clustered = false;      ///< the _id index of a clustered collection
  bool hidden = false;         ///< maintained, not planned with
  bool building = false;       ///< maintained, not yet complete: not planned with
  std::string partial_filter;  ///< BSON, empty when there is none
  std::shared_ptr<const query::Matcher> partial;      ///< compiled; shared by definition versions
  std::shared_ptr<const query::Collation> collation;  ///< null: simple binary order; shared alike
  std::shared_ptr<const WildcardPaths> wildcard;      ///< of wildcard indexes; shared alike
  std::shared_ptr<const query::TextIndex> text;       ///< of text indexes; shared alike
  std::optional<query::FlatGrid> grid;                ///< of 2d indexes
  std::optional<std::int64_t> expire_after_seconds;   ///< TTL
  bool prepare_unique = false;  ///< not unique, but no duplicates may be added
  std::uint64_t replaces = 0;   ///< building: the index that it takes the place of when it is ready
  std::shared_ptr<IndexRuntime> runtime;  ///< shared: outlives this version while writers hold it

  bson::View key_pattern() const { return bson::View(key); }
  bool is_id_index() const { return clustered || name == kIdIndexName; }
  /// Some document has more than one key, or a key that stands for an element of an array.
  bool multikey() const;
  /// Keys are the values at the paths of the components, and nothing else.
  bool holds_values() const { return kind == IndexKind::Ordered || kind == IndexKind::Hashed; }
  /// Keys have cells of a place among their components.
  bool has_place() const { return kind == IndexKind::Sphere || kind == IndexKind::Flat; }
  bool multikey_part(std::size_t i) const { return runtime->known.arrays[i].load() != 0; }
  /// Some key was cut: see IndexShape.
  bool has_cut_keys() const { return runtime->known.cut.load(); }
  /// Usable by plans.
  bool ready() const { return !building && !hidden; }
  storage::Space space() const { return {storage::SpaceKind::Index, id}; }
};

/// Shared because every snapshot of the catalog and every plan may hold one.
using IndexPtr = std::shared_ptr<const IndexDefinition>;

enum class CollectionType : std::uint8_t { Collection, View, TimeSeries };
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
  bool clustered = false;                             ///< natural order is the order of _id
  std::optional<std::int64_t> expire_after_seconds;   ///< of clustered and time-series collections
  std::string time_field;                             ///< time-series: where the date is
  std::string meta_field;                             ///< time-series; empty: none
  std::vector<IndexPtr> indexes;  ///< _id first, if there is one; building ones included
  std::shared_ptr<CollectionRuntime> runtime;
  std::string full_name;  ///< "db.coll"

  bool is_view() const { return type == CollectionType::View; }
  bool is_time_series() const { return type == CollectionType::TimeSeries; }
  bool is_oplog() const { return id == kOplogId; }
  /// False for system.profile: what the server notes for itself is nobody's change.
  bool is_logged() const { return ns.coll != kProfileCollection; }
  storage::Space space() const { return {storage::SpaceKind::Documents, id}; }
  const IndexDefinition* find_index(std::string_view name) const;
  std::shared_ptr<const IndexDefinition> index_by_id(std::uint64_t index_id) const;
  /// The text index; null when there is none, or it cannot be used yet.
  const IndexDefinition* text_index() const;
  /// The index on _id; null for views, the oplog and time-series collections.
  const IndexDefinition* id_index() const;
};

/// Shared because every snapshot of the catalog and every plan may hold one.
using CollectionPtr = std::shared_ptr<const CollectionDefinition>;

}  // namespace freshet::catalog

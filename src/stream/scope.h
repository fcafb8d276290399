// SPDX-License-Identifier: Apache-2.0
// What a stream watches: one collection, one database, or everything.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/namespace.h"
#include "stream/options.h"

namespace freshet::stream {

/// Regular, immutable.
class Scope {
 public:
  enum class Level : std::uint8_t {
    Collection,
    Database,
    Cluster,
    Log,  ///< every entry, internal ones too: for tailing the log itself, never a change stream
  };

  /// The scope of a collection, or of a database when `coll` is empty; checks nothing.
  Scope(Level level, model::Namespace ns, bool with_system);

  /// The scope of an aggregate on `ns` (empty `coll`: aggregate: 1). Throws InvalidNamespace (73)
  /// for what cannot be watched and InvalidOptions (72) for allChangesForCluster in a wrong place.
  static Scope of_command(const model::Namespace& ns, const StreamOptions& options);
  static Scope whole_log() { return Scope(Level::Log, {}, true); }

  Level level() const { return level_; }
  /// Database and collection watched; both empty for Cluster and Log.
  const model::Namespace& ns() const { return ns_; }
  bool with_system() const { return with_system_; }

  /// The `ns` of the cursor, whose collection part clients send back in getMore.
  model::Namespace cursor_namespace() const;

  /// True when changes of this collection belong to the stream. An empty `coll` asks about the
  /// database itself (dropDatabase).
  bool covers(std::string_view db, std::string_view coll) const;

 private:
  Level level_;
  bool with_system_;
  model::Namespace ns_;
};

/// system.* collections.
bool is_system_collection(std::string_view coll);

}  // namespace freshet::stream

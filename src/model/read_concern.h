// SPDX-License-Identifier: Apache-2.0
// What a read wants to see: the `readConcern` of a command.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bson/builder.h"
#include "bson/view.h"
#include "model/cluster_time.h"

namespace freshet::model {

struct ReadConcern {
  enum class Level : std::uint8_t { Local, Available, Majority, Linearizable, Snapshot };

  std::optional<Level> level;  ///< absent: the default, local
  std::optional<ClusterTime> after_cluster_time;
  std::optional<ClusterTime> at_cluster_time;

  Level effective_level() const { return level.value_or(Level::Local); }
  bool empty() const { return !level && !after_cluster_time && !at_cluster_time; }

  /// Reads `{level, afterClusterTime, atClusterTime, provenance}`. Throws TypeMismatch (14),
  /// FailedToParse (9) or BadValue (2) for an unknown level, InvalidOptions (72) for fields that do
  /// not go together, Location40415 for unknown ones.
  static ReadConcern parse(bson::ValueView value);
  void append_to(bson::Builder& out, std::string_view name) const;

  bool operator==(const ReadConcern&) const = default;
};

/// "local", "available", "majority", "linearizable", "snapshot".
std::string_view to_string(ReadConcern::Level level);

}  // namespace freshet::model

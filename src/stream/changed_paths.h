// SPDX-License-Identifier: Apache-2.0
// $freshetChangedPaths: lets an update through only when it changed one of some paths. Judged on
// the delta in the log, so that dotted names and array indexes are what they are, before any event
// is built. docs/decisions/0008-changed-paths.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "stream/change.h"

namespace freshet::stream {

/// The stage's name on the wire.
inline constexpr std::string_view kChangedPathsStage = "$freshetChangedPaths";

/// Immutable, thread-safe.
class ChangedPaths {
 public:
  /// Reads {paths: ["a.b", ["with.dot", "c"], …]}. Throws TypeMismatch (14), FailedToParse (9) for
  /// no or an empty path, Location40415 for another field.
  static ChangedPaths parse(bson::ValueView body);

  /// Could the change have changed one of the paths? An update: when it set, removed or truncated
  /// the path, something above it or something below it; arrays on the way are looked into. A
  /// replacement: when the pre-image differs there, or none was kept. Any other change passes.
  bool admits(const Change& change) const;

 private:
  using Path = std::vector<std::string>;

  std::vector<Path> paths_;
};

}  // namespace freshet::stream

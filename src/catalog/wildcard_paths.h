// SPDX-License-Identifier: Apache-2.0
// Which paths of a document a wildcard index holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"

namespace freshet::catalog {

/// Immutable.
class WildcardPaths {
 public:
  /// `root`: the path before ".$**", or empty. `projection`: wildcardProjection, or empty. Throws
  /// FailedToParse (9), BadValue (2), Location31253, Location31254.
  WildcardPaths(std::string_view root, bson::View projection);

  /// Whether values at `path` have entries.
  bool includes(std::string_view path) const;
  /// Whether values at `path` and everywhere below it have.
  bool includes_all(std::string_view path) const;
  /// Whether some path below `path` (empty: the document) may have.
  bool enters(std::string_view path) const;

 private:
  void add(const std::string& path, bson::ValueView value);
  bool listed(std::string_view path) const;

  std::string root_;
  std::vector<std::string> paths_;
  bool excludes_ = true;  ///< paths_ are left out; else only they are taken
  bool decided_ = false;  ///< while reading: something said which of the two
  bool with_id_ = false;
};

}  // namespace freshet::catalog

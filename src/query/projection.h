// SPDX-License-Identifier: Apache-2.0
// find's projection and $project: inclusion, exclusion, computed fields, $slice, $elemMatch,
// positional.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "bson/view.h"
#include "query/context.h"
#include "query/matcher.h"

namespace freshet::query {

enum class ProjectionKind { Find, Aggregate };

/// A parsed projection. Immutable, thread-safe, movable.
class Projection {
 public:
  /// Throws with MongoDB's codes. `filter` is needed for the positional operator of find (may be
  /// null).
  Projection(bson::View spec, ProjectionKind kind, const QueryContext& context,
             const Matcher* filter = nullptr);
  ~Projection();
  Projection(Projection&&) noexcept;
  Projection& operator=(Projection&&) noexcept;

  /// The projected document (finished BSON bytes).
  std::string apply(bson::View document, const QueryContext& context) const;

  bool is_exclusion() const;
  /// Top-level paths the result depends on, when it is a plain inclusion (for covered plans); empty
  /// otherwise.
  std::set<std::string> included_paths() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/view_check.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "pipeline/pipeline.h"
#include "pipeline/plan/planned_access.h"

namespace freshet::pipeline {
namespace {

using catalog::CollectionDefinition;
using catalog::CollectionPtr;

bool same_collation(const query::Collation* a, const query::Collation* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->spec().bytes() == b->spec().bytes();
}

/// The collections of its own database that a view reads.
std::vector<std::string> sources_of(const CollectionDefinition& view) {
  const query::QueryContext context{.collation = view.collation.get()};
  const Pipeline pipeline = parse_pipeline(bson::View(view.pipeline), {.query = context,
                                                                       .database = view.ns.db,
                                                                       .collection = view.view_on,
                                                                       .kind = PipelineKind::View});
  std::vector<StageSpec::OtherCollection> others;
  for (const StageSpecPtr& stage : pipeline)
    stage->add_other_collections(others);
  std::vector<std::string> sources{view.view_on};
  for (const StageSpec::OtherCollection& other : others) {
    if (other.database == view.ns.db) sources.push_back(other.collection);
  }
  return sources;
}

/// Follows a view down to the collections under it.
class Descent {
 public:
  Descent(const catalog::CatalogState& state, const CollectionDefinition& top)
      : state_(state), top_(top) {}

  /// How many views stand on one another from `view` down.
  int height(const CollectionDefinition& view, int depth) {
    if (depth > kViewDepthMax) {
      raise(ErrorCode::ViewDepthLimitExceeded, "views stand at most {} deep on one another",
            kViewDepthMax);
    }
    int below = 0;
    for (const std::string& source : sources_of(view))
      below = std::max(below, height_of(source, depth));
    return below + 1;
  }

 private:
  int height_of(const std::string& source, int depth) {
    if (source == top_.ns.coll) {
      raise(ErrorCode::GraphContainsCycle, "view cycle detected: {}", top_.full_name);
    }
    const CollectionPtr found = state_.find(top_.ns.db, source);
    if (found == nullptr || !found->is_view()) return 0;
    if (!same_collation(found->collation.get(), top_.collation.get())) {
      raise(ErrorCode::OptionNotSupportedOnView,
            "the view {} has another collation than the view {}, which it reads", top_.full_name,
            found->full_name);
    }
    const auto known = heights_.find(source);
    if (known != heights_.end()) return known->second;
    const int height_below = height(*found, depth + 1);
    heights_.emplace(source, height_below);
    return height_below;
  }

  const catalog::CatalogState& state_;
  const CollectionDefinition& top_;
  std::map<std::string, int> heights_;
};

}  // namespace

void check_view(const catalog::CatalogState& state, const CollectionDefinition& view) {
  if (Descent(state, view).height(view, 1) > kViewDepthMax) {
    raise(ErrorCode::ViewDepthLimitExceeded, "views stand at most {} deep on one another",
          kViewDepthMax);
  }
}

void check_view_collation(const query::Collation* wanted, const query::Collation* own) {
  if (same_collation(wanted, own)) return;
  raise(ErrorCode::OptionNotSupportedOnView, "Cannot override a view's default collation");
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// How stages reach collections other than the one their pipeline runs on. The planner implements
// it, so that stages know nothing of storage.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "bson/view.h"
#include "pipeline/stage.h"
#include "query/context.h"

namespace freshet::pipeline {

/// Lives as long as the stages that were built with it. After Stage::restore() it reads the new
/// snapshot too.
class CollectionAccess {
 public:
  virtual ~CollectionAccess() = default;

  /// The documents of a collection or view that match `filter`, through an index where one fits; no
  /// documents when the collection does not exist. `filter` is copied as needed. `context` outlives
  /// the stage.
  virtual StagePtr open(std::string_view database, std::string_view collection, bson::View filter,
                        const query::QueryContext& context) = 0;

  /// What a pipeline over this collection can search; nothing in a view, or where there is none.
  virtual query::SearchScope search_scope(std::string_view database,
                                          std::string_view collection) = 0;
};

}  // namespace freshet::pipeline

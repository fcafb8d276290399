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

/// Where $out and $merge put documents.
class CollectionOutput {
 public:
  virtual ~CollectionOutput() = default;
  /// $out: adds one document to the replacement. $merge: applies whenMatched/whenNotMatched for one
  /// document.
  virtual void write(Operation& op, bson::View document) = 0;
  /// After the last document: $out swaps the collections. Without it nothing of an $out is visible.
  virtual void finish(Operation& op) = 0;
};

/// What $merge does with one document; field names as on the wire.
struct MergeOptions {
  bson::View specification;  ///< the normalised body of $merge
};

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

  /// Throws where the target cannot be written (a view, a capped collection for $out, no
  /// permission).
  virtual std::unique_ptr<CollectionOutput> replace(std::string_view database,
                                                    std::string_view collection) = 0;
  virtual std::unique_ptr<CollectionOutput> merge(std::string_view database,
                                                  std::string_view collection,
                                                  const MergeOptions& options) = 0;
};

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// What a query may depend on besides its documents. The query language itself is pure: time and
// chance come in here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bson/compare.h"
#include "bson/view.h"

namespace freshet {
class Operation;
class Random;
}  // namespace freshet

namespace freshet::query {

class DocumentMetadata;
class TextIndex;

/// What {$text: …} searches in, and what there is for $near.
struct SearchScope {
  std::shared_ptr<const TextIndex> index;  ///< shared with its definition; null: there is none
  // The places of geospatial indexes, one for each.
  std::vector<std::string> flat_places;    ///< the paths of 2d indexes
  std::vector<std::string> sphere_places;  ///< the paths of 2dsphere indexes
  bool near = false;                       ///< $near and $nearSphere are allowed
};

/// Variables whose values change from document to document: those of $lookup's `let`. Whoever runs
/// the pipeline sets the values; expressions look them up each time they are evaluated.
struct CorrelatedVariables {
  std::vector<std::string> names;  ///< that exist, whether they have a value or not
  bson::View values;               ///< the present ones, none for what is missing
};

/// Shared by parsing and evaluation of one command. Everything pointed to outlives what was parsed
/// with it.
struct QueryContext {
  const bson::StringOrder* collation = nullptr;  ///< null: binary comparison
  std::int64_t now_ms = 0;                       ///< $$NOW, $currentDate
  bson::Timestamp cluster_time;                  ///< $$CLUSTER_TIME
  bson::View let;  ///< values of the command's `let`, already evaluated
  const CorrelatedVariables* correlated = nullptr;  ///< null: there are none
  const SearchScope* search = nullptr;   ///< null: neither $text nor $near is allowed here
  DocumentMetadata* metadata = nullptr;  ///< null: there is none that $meta could show
  Random* random = nullptr;              ///< $rand, $sampleRate
  /// Where the owner keeps the running command, so that copies of the context follow it from batch
  /// to batch; for check() and memory. Null in tests.
  Operation* const* operation = nullptr;

  Operation* running() const { return operation == nullptr ? nullptr : *operation; }
};

}  // namespace freshet::query

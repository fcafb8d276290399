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

/// Shared by parsing and evaluation of one command. Everything pointed to outlives what was parsed
/// with it.
struct QueryContext {
  const bson::StringOrder* collation = nullptr;  ///< null: binary comparison
  std::int64_t now_ms = 0;                       ///< $$NOW, $currentDate
  bson::Timestamp cluster_time;                  ///< $$CLUSTER_TIME
  bson::View let;  ///< values of the command's `let`, already evaluated
  /// Variables that exist although their values change from document to document (those of
  /// $lookup's `let`); `let` has the present values, none for what is missing. Null: there are
  /// none.
  const std::vector<std::string>* correlated = nullptr;
  const SearchScope* search = nullptr;   ///< null: neither $text nor $near is allowed here
  DocumentMetadata* metadata = nullptr;  ///< null: there is none that $meta could show
  Random* random = nullptr;              ///< $rand, $sampleRate
  Operation* operation = nullptr;        ///< for check() and memory; null in tests
};

}  // namespace freshet::query

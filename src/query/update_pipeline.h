// SPDX-License-Identifier: Apache-2.0
// Pipeline updates: the stages that make one document out of one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bson/view.h"
#include "query/context.h"

namespace freshet::query {

/// A parsed pipeline of $set/$addFields, $unset/$project, $replaceRoot/$replaceWith. Immutable,
/// thread-safe.
class UpdatePipeline {
 public:
  /// Throws InvalidOptions (72) for other stages, Location40324 for unknown ones, and what the
  /// stages throw.
  UpdatePipeline(bson::View stages, const QueryContext& context);
  ~UpdatePipeline();

  std::string apply(bson::View document, const QueryContext& context) const;

  class Stage;

 private:
  std::vector<std::unique_ptr<const Stage>> stages_;
};

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// The stages that turn one document into at most one: $match $project $addFields/$set $unset
// $replaceRoot/$replaceWith $redact. Pure; used by plans and by change-stream feeds alike.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bson/view.h"
#include "query/context.h"

namespace freshet::transform {

/// One stage. Immutable, thread-safe.
class Transform {
 public:
  virtual ~Transform() = default;
  /// Nothing when the document is dropped. `document` may come back unchanged without a copy: see
  /// Result.
  struct Result {
    bool keep = true;
    std::optional<std::string> document;  ///< nothing: the input itself passes unchanged
  };
  virtual Result apply(bson::View document, const query::QueryContext& context) const = 0;
  /// The stage's name on the wire, "$match".
  virtual std::string_view name() const = 0;
};

using TransformPtr = std::unique_ptr<const Transform>;

/// Parses one stage document's body; nullptr when `stage_name` is not one of these stages.
TransformPtr parse_transform(std::string_view stage_name, bson::ValueView body,
                             const query::QueryContext& context);

}  // namespace freshet::transform

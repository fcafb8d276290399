// SPDX-License-Identifier: Apache-2.0
// $redact.
#pragma once

#include "transform/transform.h"

namespace freshet::transform {

/// `body` is an expression that gives $$KEEP, $$PRUNE or $$DESCEND for each document and
/// subdocument.
TransformPtr parse_redact(std::string_view name, bson::ValueView body,
                          const query::QueryContext& context);

}  // namespace freshet::transform

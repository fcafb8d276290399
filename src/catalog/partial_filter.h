// SPDX-License-Identifier: Apache-2.0
// partialFilterExpression: the part of the filter language that it takes.
#pragma once

#include "bson/view.h"

namespace freshet::catalog {

/// Throws CannotCreateIndex (67) for operators that a partial index cannot have, and what parsing
/// the filter throws.
void check_partial_filter(bson::View filter);

}  // namespace freshet::catalog

// SPDX-License-Identifier: Apache-2.0
// A command's `let`: constant expressions, evaluated once before the command runs.
#pragma once

#include <string>

#include "bson/view.h"
#include "query/context.h"

namespace freshet::pipeline {

/// {name: value, …} of {name: expression, …}; later names may not use earlier ones. Throws for
/// expressions that read a document.
std::string evaluate_let(bson::View let, const query::QueryContext& context);

}  // namespace freshet::pipeline

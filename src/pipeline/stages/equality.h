// SPDX-License-Identifier: Apache-2.0
// The filter "this field equals one of these values", as $lookup and $graphLookup ask it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bson/value.h"
#include "query/path.h"

namespace freshet::pipeline {

/// Appends every value that `path` leads to, owned. Arrays give their elements; what is missing,
/// and an empty array, counts as null with `missing_as_null` and is left out otherwise.
void collect_values(const query::Path& path, bson::View document, bool missing_as_null,
                    std::vector<bson::Value>& out);

/// {path: {$in: [values]}}, and {$or: [{path: {$eq: value}}, …]} where $in would run a regular
/// expression that is only a value. `also` is a filter that must hold too; empty when there is
/// none.
std::string equal_to_any(std::string_view path, const std::vector<bson::Value>& values,
                         bson::View also);

}  // namespace freshet::pipeline

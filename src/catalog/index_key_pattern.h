// SPDX-License-Identifier: Apache-2.0
// {a: 1, "b.c": -1, d: "hashed"}: the key pattern of an index.
#pragma once

#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::catalog {

/// The components in order. Throws CannotCreateIndex (67) and others of MongoDB's codes.
std::vector<IndexPart> parse_key_pattern(bson::View key);

}  // namespace freshet::catalog

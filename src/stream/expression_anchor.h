// SPDX-License-Identifier: Apache-2.0
// The anchors of {$expr: …}: comparisons of a path with a constant.
#pragma once

#include <optional>

#include "bson/view.h"
#include "stream/anchor.h"

namespace freshet::stream {

/// {$eq: ["$path", constant]} and the like with $lt, $lte, $gt, $gte, either way round;
/// {$in: ["$path", [constant, …]]}; $and and $or of these. Nothing for other expressions.
/// `binary_strings`: strings compare as bytes.
std::optional<Anchors> anchors_of_expression(bson::ValueView expression, bool binary_strings);

}  // namespace freshet::stream

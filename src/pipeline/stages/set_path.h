// SPDX-License-Identifier: Apache-2.0
// A document with one dotted path changed: what $unwind and $lookup give.
#pragma once

#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::pipeline {

/// `document` with `path` holding `value`; Missing takes the field out. Documents on the way are
/// created, other values on the way are replaced by documents. A new field goes to the end.
std::string with_path(bson::View document, std::string_view path, bson::ValueView value);

}  // namespace freshet::pipeline

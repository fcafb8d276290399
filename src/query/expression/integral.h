// SPDX-License-Identifier: Apache-2.0
// Whether a number of any type is an integer.
#pragma once

#include "bson/view.h"

namespace freshet::query {

/// A number without fraction that fits: MongoDB's "representable as a 32-bit/64-bit integer". False
/// for what is no number.
bool is_integral_int32(bson::ValueView value);
bool is_integral_int64(bson::ValueView value);

}  // namespace freshet::query

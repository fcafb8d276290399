// SPDX-License-Identifier: Apache-2.0
// The form in which a document may be inserted: _id first and of a possible type, timestamps filled
// in, within the limits of size and depth.
#pragma once

#include <cstddef>
#include <string>

#include "bson/object_id.h"
#include "bson/view.h"

namespace freshet::collection {

inline constexpr std::size_t kDocumentBytesMax = std::size_t{16} << 20;
inline constexpr int kDocumentDepthMax = 180;

/// The document as it will be stored: `_id` first (an ObjectId when it had none), top-level
/// Timestamp(0, 0) other than `_id` replaced by `now`. Throws InvalidIdField (53) for an array,
/// regex or undefined as _id, BSONObjectTooLarge (10334), Overflow (15) for nesting.
std::string prepare_insert(bson::View document, bson::ObjectIdSource& object_ids,
                           bson::Timestamp now);

/// Throws InvalidIdField (53) unless `id` may be an _id.
void check_id(bson::ValueView id);

}  // namespace freshet::collection

// SPDX-License-Identifier: Apache-2.0
// Collections with a clustered index: the index on _id goes by the name it was given, and natural
// order is its order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::catalog {

/// `clusteredIndex: {key: {_id: 1}, unique: true, name?, v?}` of create, checked, with its defaults
/// filled in. Throws TypeMismatch (14), InvalidIndexSpecificationOption (197), 40414, 40415.
std::string parse_clustered_index(bson::ValueView option);

/// The _id index of a clustered collection, as listIndexes shows it.
std::string clustered_index_spec(bson::View clustered_index, const query::Collation* collation);

/// expireAfterSeconds of a collection: seconds. Throws TypeMismatch (14), InvalidOptions (72).
std::int64_t parse_expire_after_seconds(bson::ValueView value);

}  // namespace freshet::catalog

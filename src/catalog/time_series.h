// SPDX-License-Identifier: Apache-2.0
// Time-series collections, as far as an ordinary collection can serve them: the options, the check
// of the time field, the indexes they begin with. docs/compatibility.md says what differs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::catalog {

/// `timeseries: {timeField, metaField?, granularity?, bucketMaxSpanSeconds?,
/// bucketRoundingSeconds?}` of create, checked, with its defaults filled in. Throws TypeMismatch
/// (14), InvalidOptions (72), BadValue (2), 40414, 40415.
std::string parse_time_series(bson::ValueView option);

/// What collMod makes of it: `{granularity}` or both bucket fields. A granularity may only become
/// coarser. Throws as parse_time_series().
std::string change_time_series(bson::View current, bson::ValueView changes);

/// Specifications of the indexes that a new time-series collection has: on the meta and time
/// fields, as in MongoDB, and on the time field alone, in place of clustering by time. There is
/// none on _id, which need not be unique.
std::vector<std::string> time_series_indexes(const CollectionDefinition& definition);

/// Throws BadValue (2) unless the document has a date in the time field. For every write to a
/// time-series collection.
void check_time_field(const CollectionDefinition& definition, bson::View document);

}  // namespace freshet::catalog

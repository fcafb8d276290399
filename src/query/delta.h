// SPDX-License-Identifier: Apache-2.0
// The delta format of the oplog ({$v: 2, diff: {d, u, i, s<field>}}): computing, applying,
// describing. Grammar: docs/formats/oplog-entry.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "bson/view.h"

namespace freshet::query {

/// The shortest diff that turns `before` into `after` (what pipeline updates log), or nothing when
/// it would not be smaller than `after` itself. Field order of `after` is restored exactly by
/// apply_diff().
std::optional<std::string> make_diff(bson::View before, bson::View after);

/// `diff` is the inner document (the value of `diff`). Throws InternalError when it does not fit
/// the document.
std::string apply_diff(bson::View document, bson::View diff);

/// updateDescription of a change event: {updatedFields, removedFields, truncatedArrays[,
/// disambiguatedPaths]}.
std::string describe_diff(bson::View diff, bool with_disambiguated_paths);

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// Small readers that the write commands share.
#pragma once

#include <cstdint>
#include <vector>

#include "command/arguments.h"

namespace freshet::command {

/// stmtId: an int32.
std::int32_t read_stmt_id(const Field& field);
/// stmtIds: an array of int32.
std::vector<std::int32_t> read_stmt_ids(const Field& field);
/// A hint: a string or a document; Missing for an empty document.
bson::ValueView read_hint(const Field& field);

}  // namespace freshet::command

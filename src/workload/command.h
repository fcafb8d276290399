// SPDX-License-Identifier: Apache-2.0
// The commands that the workloads send.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bson/builder.h"
#include "workload/link.h"
#include "workload/run.h"

namespace freshet::workload {

/// What each command ends with: session when asked for, `$db`.
void add_read_fields(bson::Builder& command, Run& run);
/// The same for a write: transaction number and write concern too.
void add_write_fields(bson::Builder& command, Run& run);

/// Makes `collection` anew, empty.
void recreate(Link& link, std::string_view collection);

/// Where the log ends now: what startAtOperationTime takes to see all that comes.
bson::Timestamp next_operation_time(Link& link);

/// Opens a change stream; its first reply, which lives until the next use of the link. `options`
/// is $changeStream's document; `filter`, unless it is empty, a $match behind it.
bson::View open_stream(Link& link, std::string_view collection, bson::View options,
                       bson::View filter, std::int64_t batch);

/// A getMore as a message, which waits as long as the options say. Batch 0: as many as fit.
std::string get_more(const Run& run, std::int64_t cursor, std::string_view collection,
                     std::int64_t batch);

/// A token, as document, of the next event of the open stream: whatever comes first.
std::string next_token(const Run& run, Link& link, std::int64_t cursor,
                       std::string_view collection);

}  // namespace freshet::workload

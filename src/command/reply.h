// SPDX-License-Identifier: Apache-2.0
// What every reply carries besides the command's own fields.
#pragma once

#include "base/error.h"
#include "bson/builder.h"
#include "command/identity.h"
#include "model/cluster_time.h"

namespace freshet::command {

/// ok: 1, $clusterTime, operationTime.
void append_ok(bson::Builder& reply, model::ClusterTime cluster_time,
               model::ClusterTime operation_time);

/// ok: 0, errmsg, code, codeName, the error's own fields, labels, topologyVersion where clients
/// want it.
void append_error(bson::Builder& reply, const Error& error, const Identity& identity,
                  model::ClusterTime cluster_time, model::ClusterTime operation_time);

/// "Not primary" and "recovering" codes, on which clients look at topologyVersion.
bool is_state_change(ErrorCode code);
/// Codes on which a retryable write may be sent again.
bool is_retryable(ErrorCode code);
/// Codes after which a change stream resumes (label ResumableChangeStreamError on getMore).
bool is_resumable_change_stream_error(ErrorCode code);

}  // namespace freshet::command

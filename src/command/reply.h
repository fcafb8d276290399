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
/// want it (`identity` is null where it must not stand).
void append_error(bson::Builder& reply, const Error& error, const Identity* identity,
                  model::ClusterTime cluster_time, model::ClusterTime operation_time);

}  // namespace freshet::command

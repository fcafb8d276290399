// SPDX-License-Identifier: Apache-2.0
#include "command/reply.h"

#include <string>

#include "command/error_labels.h"

namespace freshet::command {
namespace {

void append_times(bson::Builder& reply, model::ClusterTime cluster_time,
                  model::ClusterTime operation_time) {
  static constexpr char kNoHash[20] = {};
  reply.open_document("$clusterTime").add("clusterTime", cluster_time.timestamp());
  reply.open_document("signature")
      .add_binary("hash", 0, {kNoHash, sizeof kNoHash})
      .add("keyId", std::int64_t{0});
  reply.close().close();
  reply.add("operationTime", operation_time.timestamp());
}

}  // namespace

void append_ok(bson::Builder& reply, model::ClusterTime cluster_time,
               model::ClusterTime operation_time) {
  reply.add("ok", 1.0);
  append_times(reply, cluster_time, operation_time);
}

void append_error(bson::Builder& reply, const Error& error, const Identity* identity,
                  model::ClusterTime cluster_time, model::ClusterTime operation_time) {
  if (!error.labels().empty()) {
    reply.open_array("errorLabels");
    for (const std::string& label : error.labels())
      reply.push(label);
    reply.close();
  }
  reply.add("ok", 0.0);
  reply.add("errmsg", error.message());
  reply.add("code", static_cast<std::int32_t>(error.code()));
  reply.add("codeName", code_name(error.code()));
  if (!error.extra().empty()) reply.add_all(bson::View(error.extra()));
  if (identity != nullptr && is_state_change(error.code())) {
    identity->append_topology_version(reply);
  }
  append_times(reply, cluster_time, operation_time);
}

}  // namespace freshet::command

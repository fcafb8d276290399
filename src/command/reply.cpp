// SPDX-License-Identifier: Apache-2.0
#include "command/reply.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace freshet::command {
namespace {

using enum ErrorCode;

constexpr ErrorCode kStateChange[] = {NotWritablePrimary,    NotPrimaryNoSecondaryOk,
                                      InterruptedAtShutdown, InterruptedDueToReplStateChange,
                                      NotPrimaryOrSecondary, PrimarySteppedDown,
                                      ShutdownInProgress};

constexpr ErrorCode kRetryable[] = {InterruptedAtShutdown, InterruptedDueToReplStateChange,
                                    NotWritablePrimary,    NotPrimaryNoSecondaryOk,
                                    NotPrimaryOrSecondary, PrimarySteppedDown,
                                    ShutdownInProgress,    HostNotFound,
                                    HostUnreachable,       NetworkTimeout,
                                    location(9001),        location(262)};

// 43 is resumable without a label; the rest is the contract's list (change-streams.md 1.11).
constexpr ErrorCode kResumable[] = {HostUnreachable,
                                    HostNotFound,
                                    NetworkTimeout,
                                    ShutdownInProgress,
                                    location(133),
                                    location(150),
                                    PrimarySteppedDown,
                                    location(234),
                                    location(262),
                                    location(9001),
                                    NotWritablePrimary,
                                    InterruptedAtShutdown,
                                    InterruptedDueToReplStateChange,
                                    location(13388),
                                    NotPrimaryNoSecondaryOk,
                                    NotPrimaryOrSecondary,
                                    location(63)};

template <std::size_t N>
bool contains(const ErrorCode (&codes)[N], ErrorCode code) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

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

void append_error(bson::Builder& reply, const Error& error, const Identity& identity,
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
  if (is_state_change(error.code())) identity.append_topology_version(reply);
  append_times(reply, cluster_time, operation_time);
}

bool is_state_change(ErrorCode code) {
  return contains(kStateChange, code);
}
bool is_retryable(ErrorCode code) {
  return contains(kRetryable, code);
}
bool is_resumable_change_stream_error(ErrorCode code) {
  return contains(kResumable, code);
}

}  // namespace freshet::command

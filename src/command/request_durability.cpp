// SPDX-License-Identifier: Apache-2.0
// What a write waits for after it was applied: its write concern.
#include <string>

#include "base/error.h"
#include "command/error_labels.h"
#include "command/identity.h"
#include "command/reply.h"
#include "command/request.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {

bool Request::writes() const {
  return context_->writes || (context_->row.flags & kWrites) != 0;
}

bool Request::must_await_durable() {
  if (!writes() || !context_->write_concern.wants_durable()) return false;
  if (durable_position_.is_zero()) {
    const model::ClusterTime wrote = context_->durable_position;
    durable_position_ = wrote.is_zero() ? services_.commit.applied() : wrote;
  }
  if (services_.commit.visible() >= durable_position_) return false;
  if (!services_.commit.accepting()) {
    raise(ErrorCode::InterruptedAtShutdown, "the server stopped before the write was durable");
  }
  if (gave_up_waiting()) return false;
  services_.commit.request_flush(durable_position_);
  return true;
}

// The write stands whatever ends the wait, so its result is sent, and beside it why nobody knows
// whether it is durable.
bool Request::gave_up_waiting() {
  const SteadyTime now = services_.clock.steady();
  if (operation_.interrupted() || (operation_.deadline() && now >= *operation_.deadline())) {
    try {
      operation_.check_now();
    } catch (const Error& error) {
      append_write_concern_error(error.code(), error.message(), false);
      return true;
    }
  }
  const std::int64_t timeout_ms = context_->write_concern.w_timeout_ms;
  if (timeout_ms <= 0) return false;
  if (!durable_deadline_) durable_deadline_ = now + Milliseconds(timeout_ms);
  if (now < *durable_deadline_) return false;
  append_write_concern_error(ErrorCode::WriteConcernFailed, "waiting for replication timed out",
                             true);
  return true;
}

// The write is done; that more members than there are cannot confirm it is said beside its result.
void Request::check_write_concern() {
  if (!fault_.write_concern_error().empty()) {
    const bson::View fault(fault_.write_concern_error());
    writer_->body().add("writeConcernError", fault);
    const auto code = static_cast<ErrorCode>(fault["code"].number_as_int64());
    append_labels(write_concern_error_labels(*context_, code));
    return;
  }
  const model::WriteConcern& concern = context_->write_concern;
  if (!writes() || concern.is_majority()) return;
  if (concern.w_mode.empty() && concern.w_number > 1) {
    append_write_concern_error(ErrorCode::UnsatisfiableWriteConcern,
                               "Not enough data-bearing nodes", false);
  } else if (!concern.w_mode.empty()) {
    append_write_concern_error(
        ErrorCode::UnknownReplWriteConcern,
        "No write concern mode named '" + concern.w_mode + "' found in replica set configuration",
        false);
  }
}

void Request::append_write_concern_error(ErrorCode code, std::string_view message, bool timed_out) {
  bson::Builder& reply = writer_->body();
  reply.open_document("writeConcernError").add("code", static_cast<std::int32_t>(code));
  reply.add("codeName", code_name(code)).add("errmsg", message).open_document("errInfo");
  if (timed_out) reply.add("wtimeout", true);
  context_->write_concern.append_to(reply, "writeConcern");
  reply.close().close();
  append_labels(write_concern_error_labels(*context_, code));
  if (is_state_change(code)) services_.identity.append_topology_version(reply);
}

// A fail point may say which labels there shall be.
void Request::append_labels(const std::vector<std::string_view>& labels) {
  std::vector<std::string_view> chosen = labels;
  if (const auto* instead = fault_.labels()) chosen.assign(instead->begin(), instead->end());
  if (chosen.empty()) return;
  writer_->body().open_array("errorLabels");
  for (const std::string_view label : chosen)
    writer_->body().push(label);
  writer_->body().close();
}

}  // namespace freshet::command

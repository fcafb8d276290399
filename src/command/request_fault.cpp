// SPDX-License-Identifier: Apache-2.0
#include "command/request_fault.h"

#include <algorithm>

#include "base/error.h"
#include "command/command_table.h"

namespace freshet::command {
namespace {

bool names(const std::vector<std::string>& commands, const CommandRow& row) {
  return std::any_of(commands.begin(), commands.end(), [&row](const std::string& name) {
    return name == row.name || (!row.alias.empty() && name == row.alias);
  });
}

bool is_on(const CommandContext& context, std::string_view ns) {
  const bson::Element first = *context.body.begin();
  if (!first.is_string()) return false;
  return ns.size() == context.db.size() + 1 + first.as_string().size() &&
         ns.starts_with(context.db) && ns[context.db.size()] == '.' &&
         ns.ends_with(first.as_string());
}

// A handshake brings the name along.
std::string_view application_of(const CommandContext& context) {
  const bson::Element client = context.body["client"];
  if ((context.row.flags & kHandshake) != 0 && client.is_document()) {
    const bson::Element application = client.as_document()["application"];
    const bson::Element name =
        application.is_document() ? application.as_document()["name"] : bson::Element();
    if (name.is_string()) return name.as_string();
  }
  return context.op.client().application_name;
}

bool concerns(const CommandContext& context, const FailPointData& data) {
  if (context.row.name == "configureFailPoint" || !names(data.commands, context.row)) return false;
  if (!data.application.empty() && data.application != application_of(context)) return false;
  return data.ns.empty() || is_on(context, data.ns);
}

bool is_transactional_write(const CommandContext& context) {
  return context.is_retryable_write() && (context.row.flags & kRetryable) != 0;
}

std::size_t statements_of(const CommandContext& context) {
  for (const std::string_view field : {"documents", "updates", "deletes"}) {
    if (const wire::DocumentSequence* sequence = context.message.sequence(field)) {
      return sequence->documents.size();
    }
    if (const bson::Element array = context.body[field]; array.is_array()) {
      return array.as_document().count();
    }
  }
  return 1;
}

/// The point is met once by each statement.
FailPointDataPtr transactional_write(const CommandContext& context, bool before) {
  const auto wanted = [before](const FailPointData& data) {
    return data.error.has_value() == before;
  };
  for (std::size_t left = statements_of(context); left > 0; --left) {
    FailPointDataPtr hit =
        context.services.fail_points.fire(FailPoint::OnPrimaryTransactionalWrite, wanted);
    if (hit) return hit;
  }
  return nullptr;
}

[[noreturn]] void raise_fault(ErrorCode code, std::string_view point) {
  raise(code, "Failing command due to '{}' failpoint", point);
}

}  // namespace

void RequestFault::arm(const CommandContext& context) {
  FailPoints& points = context.services.fail_points;
  if (!points.any()) {
    *this = {};
    return;
  }
  command_ = points.fire(FailPoint::FailCommand,
                         [&](const FailPointData& data) { return concerns(context, data); });
  held_until_.reset();
  if (command_ && command_->block) {
    held_until_ = context.services.clock.steady() + Milliseconds(command_->block_ms);
  }
}

bool RequestFault::strikes_before(const CommandContext& context) const {
  if (command_) {
    if (command_->close_connection.value_or(false)) return true;
    if (command_->error) raise_fault(*command_->error, "failCommand");
  }
  FailPoints& points = context.services.fail_points;
  if (!points.any()) return false;
  if (context.op.deadline() && points.fire(FailPoint::MaxTimeAlwaysTimeOut)) {
    raise_fault(ErrorCode::MaxTimeMSExpired, "maxTimeAlwaysTimeOut");
  }
  if (!is_transactional_write(context)) return false;
  const FailPointDataPtr write = transactional_write(context, true);
  if (!write) return false;
  if (write->close_connection.value_or(true)) return true;
  raise_fault(*write->error, "onPrimaryTransactionalWrite");
}

bool RequestFault::strikes_after(const CommandContext& context) {
  FailPoints& points = context.services.fail_points;
  if (!points.any() || !is_transactional_write(context)) return false;
  if (context.durable_position.is_zero()) return false;  // nothing was written
  const FailPointDataPtr write = transactional_write(context, false);
  return write && write->close_connection.value_or(true);
}

const std::vector<std::string>* RequestFault::labels() const {
  return command_ && command_->labels ? &*command_->labels : nullptr;
}

std::string_view RequestFault::write_concern_error() const {
  return command_ ? std::string_view(command_->write_concern_error) : std::string_view();
}

}  // namespace freshet::command

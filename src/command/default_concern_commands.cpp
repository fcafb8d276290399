// SPDX-License-Identifier: Apache-2.0
// getDefaultRWConcern, setDefaultRWConcern: the concerns of commands that name none.
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/concern_defaults.h"

namespace freshet::command {
namespace {

using Level = model::ReadConcern::Level;

struct GetArguments {
  bool in_memory = false;
};
constexpr Argument<GetArguments> kGet[] = {
    {"inMemory", [](GetArguments& a, const Field& f) { a.in_memory = f.boolean(); }},
};

struct SetArguments {
  std::optional<bson::View> read;
  std::optional<bson::View> write;
};
constexpr Argument<SetArguments> kSet[] = {
    {"defaultReadConcern", [](SetArguments& a, const Field& f) { a.read = f.object(); }},
    {"defaultWriteConcern", [](SetArguments& a, const Field& f) { a.write = f.object(); }},
};

/// Nothing: what was set is taken back.
std::optional<Level> read_level(bson::View given) {
  if (given.empty()) return std::nullopt;
  const auto concern = model::ReadConcern::parse(bson::ValueView::document(given));
  const bool only_level = concern.level && !concern.after_cluster_time && !concern.at_cluster_time;
  if (!only_level) {
    raise(ErrorCode::BadValue, "the default read concern must be a level and nothing else");
  }
  if (*concern.level == Level::Linearizable || *concern.level == Level::Snapshot) {
    raise(ErrorCode::BadValue, "level: '{}' is not suitable for the default read concern",
          model::to_string(*concern.level));
  }
  return concern.level;
}

model::WriteConcern read_write_concern(bson::View given) {
  if (given["provenance"]) {
    raise(ErrorCode::BadValue, "the default write concern may not have a provenance");
  }
  model::WriteConcern concern = model::WriteConcern::parse(bson::ValueView::document(given));
  if (concern.w_mode.empty() && concern.w_number == 0) {
    raise(ErrorCode::BadValue, "Default write concern must not be unacknowledged");
  }
  if (concern.w_mode.empty() && concern.w_number > 1) {
    raise(ErrorCode::UnsatisfiableWriteConcern,
          "w: {} cannot be satisfied by a replica set of one member", concern.w_number);
  }
  if (!concern.w_mode.empty() && !concern.is_majority()) {
    raise(ErrorCode::UnknownReplWriteConcern,
          "No write concern mode named '{}' found in replica set configuration", concern.w_mode);
  }
  return concern;
}

void append_write(bson::Builder& reply, const model::WriteConcern& concern) {
  reply.open_document("defaultWriteConcern");
  if (concern.w_mode.empty()) {
    reply.add("w", static_cast<std::int32_t>(concern.w_number));
  } else {
    reply.add("w", concern.w_mode);
  }
  if (concern.j_given) reply.add("j", concern.j);
  reply.add("wtimeout", static_cast<std::int32_t>(concern.w_timeout_ms)).close();
}

void append_defaults(const CommandContext& context, bson::Builder& reply) {
  const ConcernDefaults::Settings settings = context.services.concerns.settings();
  reply.open_document("defaultReadConcern");
  reply.add("level", model::to_string(settings.read.value_or(Level::Local))).close();
  append_write(reply, settings.write.value_or(model::WriteConcern()));
  if (!settings.changed_at.is_zero()) {
    reply.add("updateOpTime", settings.changed_at.timestamp());
    reply.add_date("updateWallClockTime", settings.changed_wall_ms);
  }
  reply.add("defaultWriteConcernSource", settings.write ? "global" : "implicit");
  reply.add("defaultReadConcernSource", settings.read ? "global" : "implicit");
  reply.add_date("localUpdateWallClockTime", context.services.clock.wall_ms());
}

}  // namespace

void run_get_default_rw_concern(CommandContext& context, bson::Builder& reply) {
  GetArguments arguments;
  read_arguments("getDefaultRWConcern", context.body, kGet, arguments);
  append_defaults(context, reply);
  if (arguments.in_memory) reply.add("inMemory", true);
}

void run_set_default_rw_concern(CommandContext& context, bson::Builder& reply) {
  SetArguments arguments;
  read_arguments("setDefaultRWConcern", context.body, kSet, arguments);
  if (!arguments.read && !arguments.write) {
    raise(ErrorCode::BadValue,
          "At least one of the \"defaultReadConcern\" or \"defaultWriteConcern\" fields must be "
          "present");
  }
  const auto change = [&arguments](ConcernDefaults::Settings& settings) {
    if (arguments.read) settings.read = read_level(*arguments.read);
    if (!arguments.write) return;
    if (!arguments.write->empty()) {
      settings.write = read_write_concern(*arguments.write);
    } else if (settings.write) {
      raise(ErrorCode::IllegalOperation,
            "The global default write concern cannot be unset once it is set.");
    }
  };
  context.services.concerns.update(change, context.services.clock.wall_ms());
  append_defaults(context, reply);
}

}  // namespace freshet::command

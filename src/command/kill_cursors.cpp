// SPDX-License-Identifier: Apache-2.0
// killCursors: ends cursors by id.
#include <vector>

#include "base/error.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "cursor/registry.h"

namespace freshet::command {
namespace {

struct KillArguments {
  bool has_cursors = false;
  std::vector<std::int64_t> cursors;
};

constexpr Argument<KillArguments> kArguments[] = {
    {"cursors",
     [](KillArguments& a, const Field& f) {
       a.has_cursors = true;
       for (const bson::Element& id : f.array()) {
         if (id.type() != bson::Type::Int64) Field("killCursors.cursors", id).wrong_type("long");
         a.cursors.push_back(id.as_int64());
       }
     }},
};

void append_ids(bson::Builder& reply, std::string_view name, const std::vector<std::int64_t>& ids) {
  reply.open_array(name);
  for (const std::int64_t id : ids)
    reply.push(id);
  reply.close();
}

}  // namespace

void run_kill_cursors(CommandContext& context, bson::Builder& reply) {
  static_cast<void>(context.collection_namespace());
  KillArguments arguments;
  read_arguments("killCursors", context.body, kArguments, arguments);
  if (!arguments.has_cursors) raise_missing_field("killCursors", "cursors");
  if (arguments.cursors.empty()) {
    raise(ErrorCode::BadValue, "Must specify at least one cursor id in killCursors.cursors");
  }
  std::vector<std::int64_t> killed;
  std::vector<std::int64_t> not_found;
  for (const std::int64_t id : arguments.cursors) {
    const bool found =
        context.services.cursors.kill(id, std::string()) == cursor::KillOutcome::Killed;
    (found ? killed : not_found).push_back(id);
  }
  append_ids(reply, "cursorsKilled", killed);
  append_ids(reply, "cursorsNotFound", not_found);
  append_ids(reply, "cursorsAlive", {});
  append_ids(reply, "cursorsUnknown", {});
}

}  // namespace freshet::command

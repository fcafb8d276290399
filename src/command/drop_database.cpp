// SPDX-License-Identifier: Apache-2.0
// dropDatabase: all collections of a database.
#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/profiler.h"

namespace freshet::command {
namespace {

struct DropDatabaseArguments {};
constexpr Argument<DropDatabaseArguments> kArguments[] = {
    {"dropPendingIndexBuilds",
     [](DropDatabaseArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
};

}  // namespace

void run_drop_database(CommandContext& context, bson::Builder& reply) {
  DropDatabaseArguments arguments;
  read_arguments("dropDatabase", context.body, kArguments, arguments);
  const bson::Element first = *context.body.begin();
  if (Field("dropDatabase", first).integer() != 1) {
    raise(location(5255100), "expected 1 as the value of dropDatabase, found {}",
          first.number_as_int64());
  }
  if (context.db == "admin" || context.db == "local" || context.db == "config") {
    raise(ErrorCode::IllegalOperation, "Dropping the '{}' database is prohibited.", context.db);
  }
  Profiler& profiler = context.services.profiler;
  if (profiler.level(context.db) > 0) profiler.set(context.db, 0, profiler.options());
  const catalog::DdlResult result = context.services.data.ddl().drop_database(context.db);
  context.operation_time = result.position;
  context.durable_position = result.position;
  if (result.changed) reply.add("dropped", context.db);
}

}  // namespace freshet::command

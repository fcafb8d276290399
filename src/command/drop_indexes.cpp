// SPDX-License-Identifier: Apache-2.0
// dropIndexes: by name, key pattern, list of names, or all but _id.
#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

struct DropIndexesArguments {
  bson::ValueView index;
};

constexpr Argument<DropIndexesArguments> kArguments[] = {
    {"index", [](DropIndexesArguments& a, const Field& f) { a.index = f.element(); }},
};

}  // namespace

void run_drop_indexes(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  DropIndexesArguments arguments;
  read_arguments("dropIndexes", context.body, kArguments, arguments);
  if (arguments.index.missing()) raise_missing_field("dropIndexes", "index");
  check_writable(context, ns);
  const catalog::DropIndexesResult result =
      context.services.data.ddl().drop_indexes(ns, arguments.index);
  context.operation_time = result.ddl.position;
  context.durable_position = result.ddl.position;
  reply.add("nIndexesWas", static_cast<std::int32_t>(result.indexes_were));
  if (arguments.index.is_string() && arguments.index.as_string() == "*") {
    reply.add("msg", "non-_id indexes dropped for collection");
  }
}

}  // namespace freshet::command

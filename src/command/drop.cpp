// SPDX-License-Identifier: Apache-2.0
// drop: a collection with its indexes, or a view.
#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/profiler.h"
#include "command/write_batch.h"
#include "cursor/registry.h"

namespace freshet::command {
namespace {

struct DropArguments {};
constexpr Argument<DropArguments> kArguments[] = {
    {"collectionUUID",
     [](DropArguments&, const Field&) {
       raise(ErrorCode::NotImplemented, "collectionUUID is not supported by this version");
     }},
};

}  // namespace

// A missing collection is no error (7.0 and later).
void run_drop(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  DropArguments arguments;
  read_arguments("drop", context.body, kArguments, arguments);
  check_writable(context, ns);
  if (ns.coll == catalog::kProfileCollection && context.services.profiler.level(ns.db) > 0) {
    raise(ErrorCode::IllegalOperation,
          "turn off profiling before dropping system.profile collection");
  }
  const catalog::DropResult result = context.services.data.ddl().drop_collection(ns);
  context.operation_time = result.ddl.position;
  context.durable_position = result.ddl.position;
  if (!result.existed) return;
  if (!result.was_view) reply.add("nIndexesWas", static_cast<std::int32_t>(result.indexes_were));
  reply.add("ns", ns.full());
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// collMod: changes options of a collection, a view or an index.
#include "bson/builder.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"
#include "pipeline/plan/view_check.h"

namespace freshet::command {

void run_coll_mod(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  check_writable(context, ns);
  bson::Builder changes;
  bool first = true;
  for (const bson::Element& element : context.body) {
    if (std::exchange(first, false) || is_generic_argument(element.name())) continue;
    changes.add(element);
  }
  const std::string bytes = changes.take();
  const catalog::CollModResult result =
      context.services.data.ddl().coll_mod(ns, bson::View(bytes), pipeline::check_view);
  context.operation_time = result.ddl.position;
  context.durable_position = result.ddl.position;
  if (!result.index_changes.empty()) reply.add_all(bson::View(result.index_changes));
}

}  // namespace freshet::command

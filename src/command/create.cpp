// SPDX-License-Identifier: Apache-2.0
// create: a collection or a view.
#include "bson/builder.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"
#include "pipeline/plan/view_check.h"
#include "session/open_transaction.h"

namespace freshet::command {

void run_create(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  check_writable(context, ns);
  bson::Builder options;
  bool first = true;
  for (const bson::Element& element : context.body) {
    if (std::exchange(first, false) || is_generic_argument(element.name())) continue;
    options.add(element);
  }
  const std::string bytes = options.take();
  if (context.transaction) {
    static_cast<void>(context.transaction->create_collection(ns, bson::View(bytes)));
  } else {
    const catalog::DdlResult result =
        context.services.data.ddl().create_collection(ns, bson::View(bytes), pipeline::check_view);
    context.operation_time = result.position;
    context.durable_position = result.position;
  }
  if (context.body["autoIndexId"]) {
    reply.add("note",
              "The autoIndexId option is deprecated and will be removed in a future release");
  }
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// create: a collection or a view.
#include "bson/builder.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"

namespace freshet::command {

void run_create(CommandContext& context, bson::Builder&) {
  const model::Namespace ns = context.collection_namespace();
  check_writable(context, ns);
  bson::Builder options;
  bool first = true;
  for (const bson::Element& element : context.body) {
    if (std::exchange(first, false) || is_generic_argument(element.name())) continue;
    options.add(element);
  }
  const std::string bytes = options.take();
  const catalog::DdlResult result =
      context.services.data.ddl().create_collection(ns, bson::View(bytes));
  context.operation_time = result.position;
  context.durable_position = result.position;
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// getParameter, setParameter.
#include "base/error.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/parameters.h"

namespace freshet::command {

void run_get_parameter(CommandContext& context, bson::Builder& reply) {
  const Parameters& parameters = context.services.parameters;
  const bson::Element first = *context.body.begin();
  if ((first.is_string() && first.as_string() == "*") || context.body["allParameters"].truthy()) {
    parameters.append_all(reply);
    return;
  }
  bool found = false;
  bool skip = true;
  for (const bson::Element& element : context.body) {
    if (std::exchange(skip, false) || is_generic_argument(element.name())) continue;
    found = parameters.append(element.name(), reply) || found;
  }
  if (!found) raise(ErrorCode::InvalidOptions, "no option found to get");
}

void run_set_parameter(CommandContext& context, bson::Builder& reply) {
  bool found = false;
  bool skip = true;
  for (const bson::Element& element : context.body) {
    if (std::exchange(skip, false) || is_generic_argument(element.name())) continue;
    context.services.parameters.set(element.name(), element, reply);
    found = true;
  }
  if (found) return;
  raise(ErrorCode::InvalidOptions, "no option found to set, use help:true to see options");
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
#include "command/role.h"

#include "base/error.h"
#include "command/command_table.h"
#include "command/primaryship.h"

namespace freshet::command {
namespace {

bool may_read_secondary(const CommandContext& context) {
  const bson::Element preference = context.body["$readPreference"];
  if (!preference.is_document()) return false;
  const bson::Element mode = preference.as_document()["mode"];
  return mode.is_string() && mode.as_string() != "primary";
}

}  // namespace

void check_role(const CommandContext& context) {
  if (context.services.primaryship.is_primary()) return;
  if ((context.row.flags & kWrites) != 0) raise(ErrorCode::NotWritablePrimary, "not primary");
  if ((context.row.flags & kReads) != 0 && !may_read_secondary(context)) {
    raise(ErrorCode::NotPrimaryNoSecondaryOk, "not primary and secondaryOk=false");
  }
}

}  // namespace freshet::command

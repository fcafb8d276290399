// SPDX-License-Identifier: Apache-2.0
// connectionStatus, whatsmyuri, logout: what the server knows of the connection. There is no
// authentication: nobody is logged in.
#include "command/arguments.h"
#include "command/commands.h"

namespace freshet::command {
namespace {

struct ConnectionStatusArguments {
  bool show_privileges = false;
};

constexpr Argument<ConnectionStatusArguments> kArguments[] = {
    {"showPrivileges",
     [](ConnectionStatusArguments& a, const Field& f) { a.show_privileges = f.boolean(); }},
};

}  // namespace

void run_connection_status(CommandContext& context, bson::Builder& reply) {
  ConnectionStatusArguments arguments;
  read_arguments("connectionStatus", context.body, kArguments, arguments);
  reply.open_document("authInfo");
  reply.open_array("authenticatedUsers").close();
  reply.open_array("authenticatedUserRoles").close();
  if (arguments.show_privileges) reply.open_array("authenticatedUserPrivileges").close();
  reply.close();
}

void run_whats_my_uri(CommandContext& context, bson::Builder& reply) {
  reply.add("you", context.client.info()->address);
}

void run_logout(CommandContext&, bson::Builder&) {}

}  // namespace freshet::command

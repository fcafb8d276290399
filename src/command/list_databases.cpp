// SPDX-License-Identifier: Apache-2.0
// listDatabases: names and sizes.
#include <optional>

#include "bson/builder.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/collection_sizes.h"
#include "command/commands.h"
#include "query/matcher.h"

namespace freshet::command {
namespace {

struct ListDatabasesArguments {
  bson::View filter;
  bool name_only = false;
};

constexpr Argument<ListDatabasesArguments> kArguments[] = {
    {"filter", [](ListDatabasesArguments& a, const Field& f) { a.filter = f.object(); }},
    {"nameOnly", [](ListDatabasesArguments& a, const Field& f) { a.name_only = f.boolean(); }},
    {"authorizedDatabases",
     [](ListDatabasesArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
};

}  // namespace

void run_list_databases(CommandContext& context, bson::Builder& reply) {
  ListDatabasesArguments arguments;
  read_arguments("listDatabases", context.body, kArguments, arguments);
  const query::QueryContext query;
  const query::Matcher filter(arguments.filter, query);
  const catalog::StatePtr catalog = context.services.data.catalog().latest();
  std::int64_t total = 0;
  reply.open_array("databases");
  for (const std::string& name : catalog->database_names()) {
    bson::Builder entry;
    entry.add("name", name);
    if (!arguments.name_only) {
      const std::int64_t bytes = database_bytes(context, *catalog, name);
      total += bytes;
      entry.add("sizeOnDisk", bytes).add("empty", false);
    }
    const std::string bytes = entry.take();
    if (filter.matches(bson::View(bytes))) reply.push(bson::View(bytes));
  }
  reply.close();
  if (!arguments.name_only) reply.add("totalSize", total).add("totalSizeMb", total >> 20);
}

}  // namespace freshet::command

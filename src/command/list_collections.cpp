// SPDX-License-Identifier: Apache-2.0
// listCollections: collections and views of a database with their options.
#include <optional>
#include <vector>

#include "bson/builder.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/cursor_reply.h"
#include "query/matcher.h"

namespace freshet::command {
namespace {

struct ListCollectionsArguments {
  bson::View filter;
  bool name_only = false;
  std::optional<std::int64_t> batch_size;
};

constexpr Argument<ListCollectionsArguments> kArguments[] = {
    {"filter", [](ListCollectionsArguments& a, const Field& f) { a.filter = f.object(); }},
    {"nameOnly", [](ListCollectionsArguments& a, const Field& f) { a.name_only = f.boolean(); }},
    {"authorizedCollections",
     [](ListCollectionsArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
    {"cursor",
     [](ListCollectionsArguments& a, const Field& f) { a.batch_size = read_cursor_batch_size(f); }},
};

std::string_view type_name(const catalog::CollectionDefinition& collection) {
  if (collection.is_view()) return "view";
  return collection.is_time_series() ? "timeseries" : "collection";
}

std::string item(const catalog::CollectionDefinition& collection, bool name_only) {
  bson::Builder out;
  out.add("name", collection.ns.coll).add("type", type_name(collection));
  if (name_only) return out.take();
  out.add("options", collection.options.empty() ? bson::View() : bson::View(collection.options));
  out.open_document("info").add("readOnly", collection.is_view());
  if (!collection.is_view()) out.add_binary("uuid", 4, collection.uuid.bytes());
  out.close();
  const catalog::IndexDefinition* id = collection.id_index();
  if (id != nullptr && !id->clustered) out.add("idIndex", bson::View(id->spec));
  return out.take();
}

}  // namespace

void run_list_collections(CommandContext& context, bson::Builder& reply) {
  ListCollectionsArguments arguments;
  read_arguments("listCollections", context.body, kArguments, arguments);
  const query::QueryContext query;
  const query::Matcher filter(arguments.filter, query);
  const catalog::StatePtr catalog = context.services.data.catalog().latest();
  std::vector<std::string> items;
  for (const catalog::CollectionPtr& collection : catalog->collections(context.db)) {
    // The filter sees the whole entry although nameOnly shows little of it.
    if (!filter.matches(bson::View(item(*collection, false)))) continue;
    items.push_back(item(*collection, arguments.name_only));
  }
  append_documents_cursor(context, reply,
                          model::Namespace::command_cursor(context.db, "listCollections"),
                          std::move(items), arguments.batch_size);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// listIndexes: the indexes of a collection as they were asked for.
#include <optional>
#include <vector>

#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/cursor_reply.h"

namespace freshet::command {
namespace {

struct ListIndexesArguments {
  std::optional<std::int64_t> batch_size;
};

constexpr Argument<ListIndexesArguments> kArguments[] = {
    {"cursor",
     [](ListIndexesArguments& a, const Field& f) { a.batch_size = read_cursor_batch_size(f); }},
    {"includeBuildUUIDs",
     [](ListIndexesArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
    {"includeIndexBuildInfo",
     [](ListIndexesArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
};

}  // namespace

void run_list_indexes(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  ns.check();
  ListIndexesArguments arguments;
  read_arguments("listIndexes", context.body, kArguments, arguments);
  const catalog::StatePtr catalog = context.services.data.catalog().latest();
  const catalog::CollectionPtr collection = catalog->find(ns);
  if (!collection) raise(ErrorCode::NamespaceNotFound, "ns does not exist: {}", ns.full());
  if (collection->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          ns.full());
  }
  std::vector<std::string> specs;
  for (const catalog::IndexPtr& index : collection->indexes) {
    if (!index->building) specs.push_back(index->spec);
  }
  append_documents_cursor(context, reply, ns, std::move(specs), arguments.batch_size);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// dbStats, collStats: how much there is.
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/collection_sizes.h"
#include "command/commands.h"

namespace freshet::command {
namespace {

struct StatsArguments {
  std::int64_t scale = 1;
};

constexpr Argument<StatsArguments> kArguments[] = {
    {"scale", [](StatsArguments& a, const Field& f) { a.scale = f.at_least(1); }},
    {"freeStorage", [](StatsArguments&, const Field& f) { static_cast<void>(f.integer()); }},
};

// Of the disk that holds the data; nothing with --memory.
void append_file_system(const CommandContext& context, std::int64_t scale, bson::Builder& reply) {
  const std::string& directory = context.services.host.data_directory;
  if (directory.empty()) return;
  std::error_code failed;
  const std::filesystem::space_info space = std::filesystem::space(directory, failed);
  if (failed) return;
  const auto scaled = [scale](std::uintmax_t bytes) {
    const std::int64_t whole = static_cast<std::int64_t>(bytes) / scale;
    return static_cast<double>(whole);
  };
  reply.add("fsUsedSize", scaled(space.capacity - space.free));
  reply.add("fsTotalSize", scaled(space.capacity));
}

}  // namespace

void run_db_stats(CommandContext& context, bson::Builder& reply) {
  StatsArguments arguments;
  read_arguments("dbStats", context.body, kArguments, arguments);
  const catalog::StatePtr catalog = context.services.data.catalog().latest();
  CollectionSizes sum;
  std::int64_t collections = 0;
  std::int64_t views = 0;
  std::int64_t indexes = 0;
  for (const catalog::CollectionPtr& collection : catalog->collections(context.db)) {
    ++(collection->is_view() ? views : collections);
    indexes += static_cast<std::int64_t>(collection->indexes.size());
    const CollectionSizes sizes = collection_sizes(context, *collection);
    sum.documents += sizes.documents;
    sum.data_bytes += sizes.data_bytes;
    sum.storage_bytes += sizes.storage_bytes;
    sum.index_bytes += sizes.index_bytes;
  }
  const auto scaled = [&](std::int64_t bytes) {
    const std::int64_t whole = bytes / arguments.scale;
    return static_cast<double>(whole);
  };
  const double average =
      sum.documents == 0 ? 0.0
                         : static_cast<double>(sum.data_bytes) / static_cast<double>(sum.documents);
  reply.add("db", context.db)
      .add("collections", collections)
      .add("views", views)
      .add("objects", sum.documents);
  reply.add("avgObjSize", average).add("dataSize", scaled(sum.data_bytes));
  reply.add("storageSize", scaled(sum.storage_bytes))
      .add("indexes", indexes)
      .add("indexSize", scaled(sum.index_bytes));
  reply.add("totalSize", scaled(sum.storage_bytes + sum.index_bytes));
  reply.add("scaleFactor", static_cast<double>(arguments.scale));
  append_file_system(context, arguments.scale, reply);
}

void run_coll_stats(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  ns.check();
  StatsArguments arguments;
  read_arguments("collStats", context.body, kArguments, arguments);
  const catalog::StatePtr catalog = context.services.data.catalog().latest();
  const catalog::CollectionPtr collection = catalog->find(ns);
  if (collection && collection->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          ns.full());
  }
  append_collection_stats(context, ns, collection.get(), arguments.scale, reply);
}

}  // namespace freshet::command

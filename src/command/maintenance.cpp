// SPDX-License-Identifier: Apache-2.0
// compact, reIndex, planCacheClear, lockInfo: what operators of MongoDB reach for.
#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/collection_sizes.h"
#include "command/commands.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

struct CompactArguments {
  bool force = false;
  bool dry_run = false;
  std::int64_t free_space_target_mb = 20;
};

constexpr Argument<CompactArguments> kCompact[] = {
    {"force", [](CompactArguments& a, const Field& f) { a.force = f.boolean(); }},
    {"dryRun", [](CompactArguments& a, const Field& f) { a.dry_run = f.boolean(); }},
    {"freeSpaceTargetMB",
     [](CompactArguments& a, const Field& f) { a.free_space_target_mb = f.at_least(1); }},
};

std::int64_t bytes_of(CommandContext& context, const catalog::CollectionDefinition& collection) {
  const CollectionSizes sizes = collection_sizes(context, collection);
  return sizes.storage_bytes + sizes.index_bytes;
}

struct PlanCacheArguments {};
constexpr Argument<PlanCacheArguments> kPlanCache[] = {
    {"query", [](PlanCacheArguments&, const Field& f) { static_cast<void>(f.object()); }},
    {"sort", [](PlanCacheArguments&, const Field& f) { static_cast<void>(f.object()); }},
    {"projection", [](PlanCacheArguments&, const Field& f) { static_cast<void>(f.object()); }},
    {"collation", [](PlanCacheArguments&, const Field& f) { static_cast<void>(f.object()); }},
};

}  // namespace

void run_compact(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  CompactArguments arguments;
  read_arguments("compact", context.body, kCompact, arguments);
  check_writable(context, ns);
  collection::Data& data = context.services.data;
  const catalog::CollectionPtr collection =
      catalog::require_collection(*data.catalog().latest(), ns);
  if (!arguments.force && !arguments.dry_run) {
    raise(ErrorCode::IllegalOperation,
          "compact on a replica set's primary slows other operations down; use force: true");
  }
  if (arguments.dry_run) {  // the engine knows what it would free only when it has done it
    reply.add("estimatedBytesFreed", std::int64_t{0});
    return;
  }
  const std::int64_t before = bytes_of(context, *collection);
  data.store().compact(collection->space());
  for (const catalog::IndexPtr& index : collection->indexes) {
    context.op.check_now();
    data.store().compact(index->space());
  }
  const std::int64_t freed = std::max<std::int64_t>(0, before - bytes_of(context, *collection));
  context.services.log.info("STORAGE", "a collection was compacted",
                            {{"namespace", ns.full()}, {"bytesFreed", freed}});
  reply.add("bytesFreed", freed);
}

// MongoDB allows it on standalone servers only, and this one is a replica set.
void run_re_index(CommandContext& context, bson::Builder&) {
  const model::Namespace ns = context.collection_namespace();
  raise(ErrorCode::IllegalOperation,
        "reIndex is only allowed on a standalone mongod instance. Cannot reIndex '{}' while "
        "replication is active",
        ns.full());
}

// Plans are not kept: there is never anything to clear.
void run_plan_cache_clear(CommandContext& context, bson::Builder&) {
  const model::Namespace ns = context.collection_namespace();
  ns.check();
  PlanCacheArguments arguments;
  read_arguments("planCacheClear", context.body, kPlanCache, arguments);
  const catalog::CollectionPtr collection = context.services.data.catalog().latest()->find(ns);
  if (collection && collection->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          ns.full());
  }
}

// Nothing is ever locked across a wait.
void run_lock_info(CommandContext&, bson::Builder& reply) {
  reply.open_array("lockInfo").close();
}

}  // namespace freshet::command

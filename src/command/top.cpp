// SPDX-License-Identifier: Apache-2.0
// top: how much each collection was used since the start.
#include <array>
#include <string_view>

#include "collection/data.h"
#include "command/commands.h"

namespace freshet::command {
namespace {

struct Sum {
  std::int64_t time_us = 0;
  std::int64_t count = 0;
};

struct TopRow {
  std::string_view name;
  std::array<bool, catalog::kUses> of;  ///< by Use
};

//                           Query  GetMore Insert Update Remove Read   Write
constexpr TopRow kRows[] = {
    {"total", {true, true, true, true, true, true, true}},
    {"readLock", {true, true, false, false, false, true, false}},
    {"writeLock", {false, false, true, true, true, false, true}},
    {"queries", {true, false, false, false, false, false, false}},
    {"getmore", {false, true, false, false, false, false, false}},
    {"insert", {false, false, true, false, false, false, false}},
    {"update", {false, false, false, true, false, false, false}},
    {"remove", {false, false, false, false, true, false, false}},
    {"commands", {false, false, false, false, false, true, true}},
};

Sum sum_of(const catalog::CollectionRuntime& runtime, const TopRow& row) {
  Sum sum;
  for (std::size_t use = 0; use < catalog::kUses; ++use) {
    if (!row.of[use]) continue;
    sum.time_us += runtime.uses[use].time_us.load(std::memory_order_relaxed);
    sum.count += runtime.uses[use].count.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace

void run_top(CommandContext& context, bson::Builder& reply) {
  reply.open_document("totals").add("note", "all times in microseconds");
  const catalog::StatePtr catalog = context.services.data.catalog().latest();
  for (const catalog::CollectionPtr& collection : catalog->all()) {
    if (collection->is_view()) continue;
    reply.open_document(collection->full_name);
    for (const TopRow& row : kRows) {
      const Sum sum = sum_of(*collection->runtime, row);
      reply.open_document(row.name).add("time", sum.time_us).add("count", sum.count).close();
    }
    reply.close();
  }
  reply.close();
}

}  // namespace freshet::command

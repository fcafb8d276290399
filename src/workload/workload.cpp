// SPDX-License-Identifier: Apache-2.0
#include "workload/workload.h"

#include <algorithm>

namespace freshet::workload {
namespace {

constexpr Workload kWorkloads[] = {
    {"insert_one", "documents one by one; times are of an insert", insert_one, 100'000},
    {"insert_many", "documents in batches; times are of a batch", insert_many, 500'000},
    {"find_one", "finds by _id among 100,000 documents", find_one, 100'000},
    {"update_one", "updates by _id among 100,000 documents", update_one, 50'000},
    {"drain", "one change stream reads a backlog", drain, 200'000},
    {"latency", "from sending an insert to its event in hand, one a millisecond", latency, 5'000},
    {"fanout_same", "--streams change streams that show every insert", fanout_same, 20'000},
    {"fanout_selective", "the same, each insert shown by one of them", fanout_selective, 20'000},
    {"fanout_none", "the same, no insert shown by any", fanout_none, 20'000},
    {"resume", "a stream's first event after a token that many entries back", resume, 200'000},
    {"quiet", "the same where all those entries are of other collections", quiet, 500'000},
};

}  // namespace

std::span<const Workload> workload_table() {
  return kWorkloads;
}

const Workload* find_workload(std::string_view name) {
  const auto* const found = std::ranges::find(kWorkloads, name, &Workload::name);
  return found == std::end(kWorkloads) ? nullptr : found;
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
// insert_one, insert_many.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "workload/closed_loop.h"
#include "workload/command.h"
#include "workload/insert_message.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

/// All of one length, so that a message changes from one to the next in place.
std::string collection_name(std::int64_t number) {
  return fmt::format("c{:06}", number);
}

Result result_of(Run& run, ClosedLoop& loop, const Meter& meter) {
  Result result;
  result.seconds = meter.seconds();
  result.server_cpu_s = meter.server_cpu_s();
  result.times = quantiles_of(loop.times_us());
  if (const auto resident = resident_kb(run.options.server_pid)) {
    result.further.push_back({"server_resident_kb", *resident});
  }
  return result;
}

}  // namespace

Result insert_one(Run& run) {
  Loop loop(run.clock, run.deadline);
  Link setup(loop, run.address);
  std::vector<std::string> collections;
  for (std::int64_t i = 0; i < run.options.collections; ++i) {
    collections.push_back(collection_name(i));
    recreate(setup, collections.back());
    run.progress.update("collections made", i, run.options.collections);
  }
  const auto connections = static_cast<std::size_t>(run.options.connections);
  std::vector<InsertMessage> messages;
  for (std::size_t i = 0; i < connections; ++i)
    messages.emplace_back(run, collections.front(), 1);
  std::size_t turn = 0;
  ClosedLoop inserts(run, loop, connections, run.count, "inserted",
                     [&](std::size_t i) -> const std::string& {
                       messages[i].set(0, 0, 0);
                       messages[i].next_transaction();
                       messages[i].set_collection(collections[turn++ % collections.size()]);
                       return messages[i].bytes();
                     });
  const Meter meter(run);
  inserts.start();
  loop.run_until([&] { return inserts.done(); });
  Result result = result_of(run, inserts, meter);
  result.unit = "inserts";
  result.count = run.count;
  return result;
}

Result insert_many(Run& run) {
  constexpr std::int64_t kKeys = 1'000;
  Loop loop(run.clock, run.deadline);
  Link setup(loop, run.address);
  recreate(setup, "c");
  const std::int64_t batch = std::min(run.options.batch, run.count);
  const auto inserts = bulk_insert(run, loop, "c", run.count, batch, kKeys);
  const Meter meter(run);
  inserts->start();
  loop.run_until([&] { return inserts->done(); });
  Result result = result_of(run, *inserts, meter);
  result.unit = "documents";
  result.count = inserts->answered() * batch;
  return result;
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
// drain: one stream reads a backlog as fast as it can.
#include <string>

#include "bson/builder.h"
#include "workload/closed_loop.h"
#include "workload/command.h"
#include "workload/message.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

constexpr std::int64_t kFirstBatch = 101;  // what drivers ask for unless they are told otherwise

}  // namespace

Result drain(Run& run) {
  Loop loop(run.clock, run.deadline);
  Link link(loop, run.address);
  recreate(link, "c");
  bson::Builder options;
  options.add("startAtOperationTime", next_operation_time(link));
  const std::string from = options.take();
  insert_all(run, loop, "c", run.count);

  const Meter meter(run);
  CursorReply reply =
      read_cursor(open_stream(link, "c", bson::View(from), bson::View(), kFirstBatch));
  const std::string more = get_more(run, reply.id, "c", 0);
  Result result{.unit = "events", .count = reply.count};
  double replies = 1;
  while (result.count < run.count) {
    reply = read_cursor(link.call(more));
    result.count += reply.count;
    ++replies;
    run.progress.update("events read", result.count, run.count);
  }
  result.seconds = meter.seconds();
  result.server_cpu_s = meter.server_cpu_s();
  result.further.push_back({"events_per_reply", static_cast<double>(result.count) / replies});
  return result;
}

}  // namespace freshet::workload

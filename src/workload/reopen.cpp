// SPDX-License-Identifier: Apache-2.0
// resume, quiet: a stream is opened at an old token, and its first event awaited.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "workload/closed_loop.h"
#include "workload/command.h"
#include "workload/message.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

constexpr int kReopened = 20;  // how often it is measured
constexpr double kMicroseconds = 1e6;

void insert_one_document(Link& link, std::string_view collection, std::int32_t id) {
  bson::Builder command;
  command.add("insert", collection).open_array("documents");
  command.push_document().add("_id", id).close().close().add("$db", kDatabase);
  const std::string bytes = command.take();
  static_cast<void>(link.run(bson::View(bytes)));
}

/// The token of a document that is inserted into `collection`.
std::string token_of_insert(const Run& run, Link& link, std::string_view collection) {
  const std::int64_t cursor =
      read_cursor(open_stream(link, collection, bson::View(), bson::View(), 0)).id;
  insert_one_document(link, collection, 1);
  return next_token(run, link, cursor, collection);
}

double first_event_us(Run& run, Loop& loop, std::string_view collection, bson::View after) {
  constexpr std::int64_t kBatch = 10;
  Link link(loop, run.address);
  const double began = run.now_s();
  CursorReply reply = read_cursor(open_stream(link, collection, after, bson::View(), kBatch));
  while (reply.count == 0)
    reply = read_cursor(link.call(get_more(run, reply.id, collection, kBatch)));
  return (run.now_s() - began) * kMicroseconds;
}

/// Reopens the stream on `watched` with `written` entries between its token and the end.
Result reopen(Run& run, std::string_view watched, std::string_view written) {
  Loop loop(run.clock, run.deadline);
  Link link(loop, run.address);
  recreate(link, watched);
  if (written != watched) recreate(link, written);
  bson::Builder options;
  const std::string token = token_of_insert(run, link, watched);
  options.add("resumeAfter", bson::View(token));
  const std::string after = options.take();
  insert_all(run, loop, written, run.count);
  if (written != watched) insert_one_document(link, watched, 2);

  std::vector<double> times_us;
  const Meter meter(run);
  for (int i = 0; i < kReopened; ++i)
    times_us.push_back(first_event_us(run, loop, watched, bson::View(after)));
  Result result{.unit = "streams opened", .count = kReopened};
  result.seconds = meter.seconds();
  result.times = quantiles_of(times_us);
  result.further.push_back({"entries_back", static_cast<double>(run.count)});
  return result;
}

}  // namespace

Result resume(Run& run) {
  return reopen(run, "c", "c");
}

Result quiet(Run& run) {
  return reopen(run, "q", "c");
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
// find_one, update_one: single documents by _id, at random.
#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "bson/builder.h"
#include "workload/closed_loop.h"
#include "workload/command.h"
#include "workload/message.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

constexpr std::int64_t kDocuments = 100'000;
constexpr std::int64_t kBatch = 1'000;
constexpr std::size_t kTextFrame = 29;  // of a document, besides its text

/// Documents whose _id counts from 0.
void fill(Run& run, Link& link, std::int64_t documents) {
  recreate(link, "c");
  const std::string text(static_cast<std::size_t>(run.options.document_bytes) - kTextFrame, 'x');
  for (std::int64_t first = 0; first < documents; first += kBatch) {
    bson::Builder command;
    command.add("insert", "c").open_array("documents");
    for (std::int64_t id = first; id < std::min(first + kBatch, documents); ++id) {
      command.push_document().add("_id", static_cast<std::int32_t>(id));
      command.add("n", std::int32_t{0}).add("s", text).close();
    }
    command.close().add("$db", kDatabase);
    const std::string bytes = command.take();
    static_cast<void>(link.run(bson::View(bytes)));
    run.progress.update("documents inserted", first, documents);
  }
}

/// A message that asks for one _id, which may be changed in place.
struct Request {
  std::string bytes;
  std::size_t id = 0;           // where it lies
  std::size_t transaction = 0;  // the same of the transaction number; 0: there is none
  std::int64_t transaction_number = 0;
};

Request request_of(const std::string& command, bson::ValueView id) {
  Request request{.bytes = make_message(bson::View(command))};
  const std::size_t body = request.bytes.size() - command.size();
  const auto place = [&](bson::ValueView value) {
    return body + static_cast<std::size_t>(value.raw().data() - command.data());
  };
  request.id = place(id);
  if (const bson::Element number = bson::View(command)["txnNumber"]) {
    request.transaction = place(number.value());
  }
  return request;
}

Request find_request(Run& run) {
  bson::Builder command;
  command.add("find", "c").open_document("filter").add("_id", std::int32_t{0}).close();
  command.add("limit", std::int32_t{1}).add("singleBatch", true);
  add_read_fields(command, run);
  const std::string bytes = command.take();
  return request_of(bytes, bson::View(bytes).at_path("filter._id").value());
}

Request update_request(Run& run) {
  bson::Builder command;
  command.add("update", "c").open_array("updates").push_document();
  command.open_document("q").add("_id", std::int32_t{0}).close();
  command.open_document("u").open_document("$inc").add("n", std::int32_t{1}).close().close();
  command.close().close();
  add_write_fields(command, run);
  const std::string bytes = command.take();
  const bson::View update = bson::View(bytes)["updates"].as_document()["0"].as_document();
  return request_of(bytes, update.at_path("q._id").value());
}

Result measure(Run& run, Request (*make)(Run&), std::string_view unit) {
  Loop loop(run.clock, run.deadline);
  Link setup(loop, run.address);
  const std::int64_t documents = std::min(kDocuments, std::max(run.count, kBatch));
  fill(run, setup, documents);
  const auto connections = static_cast<std::size_t>(run.options.connections);
  std::vector<Request> requests;
  for (std::size_t i = 0; i < connections; ++i)
    requests.push_back(make(run));
  ClosedLoop points(
      run, loop, connections, run.count, unit, [&](std::size_t i) -> const std::string& {
        Request& request = requests[i];
        const std::uint64_t id = run.random.below(static_cast<std::uint64_t>(documents));
        store_le(request.bytes.data() + request.id, static_cast<std::int32_t>(id));
        if (request.transaction != 0) {
          store_le(request.bytes.data() + request.transaction, ++request.transaction_number);
        }
        return request.bytes;
      });
  const Meter meter(run);
  points.start();
  loop.run_until([&] { return points.done(); });
  Result result;
  result.unit = unit;
  result.count = points.answered();
  result.seconds = meter.seconds();
  result.server_cpu_s = meter.server_cpu_s();
  result.times = quantiles_of(points.times_us());
  return result;
}

}  // namespace

Result find_one(Run& run) {
  return measure(run, find_request, "finds");
}

Result update_one(Run& run) {
  return measure(run, update_request, "updates");
}

}  // namespace freshet::workload

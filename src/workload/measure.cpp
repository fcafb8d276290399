// SPDX-License-Identifier: Apache-2.0
#include "workload/measure.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "workload/link.h"
#include "workload/message.h"
#include "workload/report.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

constexpr std::chrono::seconds kAskingTime{30};  // for what is not measured

std::string command(std::string_view name, std::string_view database) {
  bson::Builder builder;
  builder.add(name, std::int32_t{1}).add("$db", database);
  return builder.take();
}

/// Checks that the server is the one that was meant; what it calls itself.
std::string look_at_server(Link& link, const ServerAddress& address) {
  const std::string hello = command("hello", "admin");
  const bson::View answer = link.run(bson::View(hello));
  const bson::Element set = answer["setName"];
  const std::string set_name = set.is_string() ? std::string(set.as_string()) : "";
  if (!address.set_name.empty() && set_name != address.set_name) {
    raise(ErrorCode::InvalidOptions, "the server belongs to the replica set '{}', not to '{}'",
          set_name, address.set_name);
  }
  if (!answer["isWritablePrimary"].truthy()) {
    raise(ErrorCode::OperationFailed, "the server takes no writes: it is not the primary");
  }
  const std::string build_info = command("buildInfo", "admin");
  const bson::Element version = link.run(bson::View(build_info))["version"];
  return version.is_string() ? std::string(version.as_string()) : "unknown";
}

void check_database(Link& link, bool drop) {
  bson::Builder builder;
  builder.add("listCollections", std::int32_t{1}).add("nameOnly", true).add("$db", kDatabase);
  const std::string bytes = builder.take();
  if (read_cursor(link.run(bson::View(bytes))).count == 0 || drop) return;
  raise(ErrorCode::OperationFailed,
        "the database {} is not empty; --drop drops it, with all it holds", kDatabase);
}

void drop_database(const ServerAddress& address, const Clock& clock) {
  Loop loop(clock, clock.steady() + kAskingTime);
  Link link(loop, address);
  const std::string drop = command("dropDatabase", kDatabase);
  static_cast<void>(link.run(bson::View(drop)));
}

std::vector<const Workload*> chosen(const Options& options) {
  std::vector<const Workload*> out;
  for (const std::string& name : options.workloads)
    out.push_back(find_workload(name));
  if (out.empty()) {
    for (const Workload& workload : workload_table())
      out.push_back(&workload);
  }
  return out;
}

Result measure_one(Run& run, const Workload& workload) {
  run.progress.begin(workload.name);
  run.count = run.options.count.value_or(workload.count);
  run.deadline = run.clock.steady() + std::chrono::seconds(run.options.time_limit_s);
  Result result = workload.measure(run);
  result.workload = workload.name;
  run.progress.end(fmt::format("{} {} in {:.1f} s", result.count, result.unit, result.seconds));
  return result;
}

std::vector<Result> measure_all(Run& run) {
  std::vector<Result> results;
  for (const Workload* workload : chosen(run.options))
    results.push_back(measure_one(run, *workload));
  return results;
}

}  // namespace

std::string measure(const Options& options, const Clock& clock, Random& random) {
  const ServerAddress address = parse_uri(options.uri);
  std::string server;
  {
    Loop loop(clock, clock.steady() + kAskingTime);
    Link link(loop, address);
    server = look_at_server(link, address);
    check_database(link, options.drop);
  }
  drop_database(address, clock);
  Progress progress(clock);
  Run run{.options = options,
          .address = address,
          .clock = clock,
          .random = random,
          .progress = progress};
  std::vector<Result> results;
  try {
    results = measure_all(run);
  } catch (...) {
    try {
      drop_database(address, clock);
    } catch (const Error&) {
      // What failed first is what people want to know.
    }
    throw;
  }
  drop_database(address, clock);
  return options.json ? as_json(server, results) : as_table(results);
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
#include "app/workload_command_line.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "app/quantity.h"
#include "base/error.h"
#include "workload/workload.h"

namespace freshet::app {
namespace {

constexpr const char* kFooter =
    "\nWorkloads, and what --count is by default:\n"
    "{}"
    "\n"
    "The database {} is used and dropped at the end. It must not exist, or be empty, unless\n"
    "--drop is given.\n"
    "The URI takes the options directConnection=true, replicaSet, tls, tlsCAFile,\n"
    "tlsCertificateKeyFile, tlsInsecure.\n"
    "\n"
    "Examples:\n"
    "  freshet bench\n"
    "  freshet bench --workload fanout_selective --streams 1000 --pid $(pidof freshet)\n"
    "  freshet bench --uri 'mongodb://db.example.org/?tls=true' --workload drain,latency --json";

std::string footer() {
  std::string rows;
  for (const workload::Workload& row : workload::workload_table())
    rows += fmt::format("  {:<17} {:>8}  {}\n", row.name, row.count, row.what);
  return fmt::format(kFooter, rows, workload::kDatabase);
}

/// A whole number, from anywhere; workload::check() knows the ranges.
std::int64_t whole_number(std::string_view name, const std::string& text) {
  if (const auto number = parse_integer(text)) return *number;
  raise(ErrorCode::InvalidOptions, "expected a whole number in '{}', found '{}'", name, text);
}

template <typename Number>
void add_number(CLI::App& app, const std::string& name, Number& number, const std::string& help,
                const std::string& type) {
  app.add_option_function<std::string>(
         name, [name, &number](const std::string& text) { number = whole_number(name, text); },
         help)
      ->type_name(type);
}

}  // namespace

CLI::App& add_bench_command(CLI::App& app, workload::Options& options) {
  CLI::App& bench = *app.add_subcommand("bench",
                                        "Measure a server, this one or any other that speaks "
                                        "MongoDB's protocol")
                         ->allow_extras();
  bench.add_option("--uri", options.uri, "the server")
      ->type_name("URI [mongodb://localhost:27017]");
  bench
      .add_option("--workload", options.workloads,
                  "which, separated by commas; without it, all of them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAMES");
  add_number(bench, "--count", options.count, "operations, documents or events of each workload",
             "N");
  add_number(bench, "--connections", options.connections,
             "of insert_one, find_one, update_one; each has one request under way", "N [16]");
  add_number(bench, "--streams", options.streams, "change streams of the fan-outs", "N [100]");
  add_number(bench, "--batch", options.batch, "documents of one insert in bulk", "N [1000]");
  add_number(bench, "--size", options.document_bytes, "bytes of a document", "N [256]");
  add_number(bench, "--collections", options.collections, "among which insert_one takes turns",
             "N [1]");
  add_number(bench, "--wait", options.wait_ms, "milliseconds that a stream waits for events",
             "N [1000]");
  bench.add_flag("--majority", options.majority, "write concern majority; without it, w: 1");
  bench.add_flag("--sessions", options.sessions,
                 "send session and transaction number, as drivers do");
  add_number(bench, "--time-limit", options.time_limit_s, "seconds for each workload", "N [120]");
  add_number(bench, "--pid", options.server_pid,
             "process of the server on this machine: tell its processor time too", "PID");
  bench.add_flag("--drop", options.drop, "drop what the database holds");
  bench.add_flag("--json", options.json, "the report as JSON");
  bench.footer(footer());
  return bench;
}

}  // namespace freshet::app

// SPDX-License-Identifier: Apache-2.0
#include "app/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "app/advertise.h"
#include "app/graph.h"
#include "app/housekeeping.h"
#include "app/process.h"
#include "app/quantity.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/version.h"
#include "command/services.h"
#include "server/server.h"

namespace freshet::app {
namespace {

// Files the process opens besides its connections: those of the engine, logs, listeners.
constexpr std::int64_t kOtherFiles = 1'024;
constexpr Milliseconds kShutdownGrace{600};
constexpr Milliseconds kFailedGrace{200};

LogOptions log_options(const ServeOptions& options) {
  LogOptions log;
  if (!options.log_path.empty()) {
    log.target = LogOptions::Target::File;
    log.path = options.log_path;
  }
  log.level = options.log_level;
  log.lines_kept_max = static_cast<std::size_t>(options.limits.log_lines_kept_max);
  return log;
}

/// More connections than the system allows open files would fail in odd places.
void fit_connections(ServeOptions& options, Logger& logger) {
  const auto files = static_cast<std::int64_t>(std::min<std::uint64_t>(
      raise_open_files_max(), static_cast<std::uint64_t>(options.limits.connections_max) * 2 +
                                  static_cast<std::uint64_t>(kOtherFiles)));
  const std::int64_t possible = std::max<std::int64_t>(files - kOtherFiles, files / 2);
  if (possible >= options.limits.connections_max) return;
  logger.startup_warning(
      "CONTROL", "the system allows fewer open files than connectionsMax needs; it is lowered",
      {{"connectionsMax", possible}, {"openFiles", files}});
  options.limits.connections_max = possible;
}

std::string describe_history(const ServeOptions& options) {
  const std::string age = options.history_ms == 0 ? "" : format_duration(options.history_ms);
  const std::string size = options.history_bytes == 0 ? "" : format_bytes(options.history_bytes);
  if (age.empty() && size.empty()) return "kept for ever";
  if (size.empty()) return age;
  return age.empty() ? "at most " + size : age + ", at most " + size;
}

/// The last line is what scripts wait for: keep its form.
void announce(const ServeOptions& options, const server::Server& server,
              const std::string& advertised) {
  fmt::print("Freshet {}\n", base::kVersion);
  fmt::print("  connect  {}\n", connection_string(advertised, options.set_name));
  fmt::print("  listens  {}\n", fmt::join(server.addresses(), ", "));
  fmt::print("  data     {}\n",
             options.memory ? "in memory; nothing is kept" : options.data_directory);
  fmt::print("  history  {}\n", describe_history(options));
  fmt::print("ready on port {}\n", server.port());
  std::fflush(stdout);
}

void warn_of_open_doors(const ServeOptions& options, Logger& logger) {
  logger.startup_warning("CONTROL", "there is no access control: whoever connects may do all");
  if (options.memory) {
    logger.startup_warning("STORAGE", "the data is in memory only and ends with this process");
  }
}

/// The running server. The order of members is the order in which they need each other.
class Service {
 public:
  Service(ServeOptions options, Logger& logger, const Clock& clock, Random& random,
          Signals& signals)
      : options_(std::move(options)),
        logger_(logger),
        graph_(options_, clock, random, logger, surroundings(signals)),
        server_(graph_.dispatcher(), logger, options_.limits,
                {.bind_addresses = options_.bind_addresses,
                 .port = options_.port,
                 .tls = options_.tls}),
        housekeeping_(clock, logger, graph_.jobs()) {}

  void start() {
    running_.store(&server_);
    const std::string advertised = advertised_address(options_, server_.port(), machine_name());
    graph_.set_advertised(advertised);
    server_.start();
    housekeeping_.start();
    logger_.info("NETWORK", "waiting for connections",
                 {{"port", server_.port()}, {"advertised", advertised}});
    announce(options_, server_, advertised);
  }

  void stop() {
    housekeeping_.stop();
    server_.stop(kShutdownGrace);
    logger_.debug("CONTROL", "connections are closed");
    graph_.stop();
    logger_.debug("CONTROL", "commits are durable");
  }
  /// The engine is gone: nothing is flushed, nothing more is acknowledged.
  void stop_failed() { server_.stop(kFailedGrace); }

 private:
  Surroundings surroundings(Signals& signals) {
    return {
        .request_shutdown = [&signals] { signals.request_stop(); },
        .on_failed =
            [this, &signals](const std::string& why) {
              logger_.write(Severity::Fatal, "STORAGE", "the engine failed; stopping",
                            {{"error", why}});
              signals.fail();
            },
        .connections_current = [this] { return stats().connections_current; },
        .connections_total = [this] { return stats().connections_created; },
        .network =
            [this] {
              const server::ServerStats now = stats();
              return command::NetworkUse{.bytes_in = now.bytes_in,
                                         .bytes_out = now.bytes_out,
                                         .requests = now.requests,
                                         .connections_rejected = now.connections_rejected,
                                         .commands_parked = now.commands_parked,
                                         .commands_on_workers = now.commands_on_workers,
                                         .receive_bytes = now.receive_bytes,
                                         .send_bytes = now.send_bytes};
            },
    };
  }
  server::ServerStats stats() const {
    const server::Server* server = running_.load();
    return server == nullptr ? server::ServerStats{} : server->stats();
  }

  const ServeOptions options_;
  Logger& logger_;
  std::atomic<const server::Server*> running_{nullptr};
  Graph graph_;
  server::Server server_;
  Housekeeping housekeeping_;
};

ExitCode run_until_stopped(Service& service, Signals& signals, Logger& logger) {
  while (true) {
    switch (signals.wait()) {
      case Signals::Event::ReopenLog:
        if (!logger.reopen()) logger.error("CONTROL", "cannot open the log file anew");
        break;
      case Signals::Event::Stop:
        logger.info("CONTROL", "shutting down");
        service.stop();
        return ExitCode::Ok;
      case Signals::Event::Failed:
        service.stop_failed();
        return ExitCode::EngineFailed;
    }
  }
}

}  // namespace

ExitCode serve(ServeOptions options) {
  const SystemClock clock;
  SystemRandom random;
  Signals signals;
  if (!options.log_append) move_old_log_aside(options.log_path, clock.wall_ms());
  Logger logger(clock, log_options(options));
  logger.info("CONTROL", "starting", {{"version", base::kVersion}});
  fit_connections(options, logger);
  warn_of_open_doors(options, logger);
  try {
    Service service(options, logger, clock, random, signals);
    PidFile pid_file(options.pid_path);
    service.start();
    const ExitCode code = run_until_stopped(service, signals, logger);
    if (code == ExitCode::EngineFailed) {
      std::fputs("freshet: the storage failed, see the log; nothing more was acknowledged\n",
                 stderr);
      pid_file.remove();
      std::_Exit(static_cast<int>(code));  // a failed engine cannot be closed in order
    }
  } catch (const Error& error) {
    logger.write(Severity::Fatal, "CONTROL", "cannot go on", {{"error", error.message()}});
    throw;
  }
  logger.info("CONTROL", "ended");
  return ExitCode::Ok;
}

}  // namespace freshet::app

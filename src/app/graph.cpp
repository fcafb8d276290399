// SPDX-License-Identifier: Apache-2.0
#include "app/graph.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "app/engine.h"
#include "app/idle_cutoff.h"
#include "app/lagging_position.h"
#include "app/setters.h"
#include "base/log.h"
#include "base/random.h"
#include "bson/builder.h"
#include "catalog/history.h"
#include "collection/data.h"
#include "collection/ttl.h"
#include "command/concern_defaults.h"
#include "command/exchange.h"
#include "command/fail_points.h"
#include "command/history_report.h"
#include "command/identity.h"
#include "command/metrics.h"
#include "command/operation_registry.h"
#include "command/parameters.h"
#include "command/pipeline_output.h"
#include "command/primaryship.h"
#include "command/profiler.h"
#include "command/services.h"
#include "cursor/registry.h"
#include "cursor/stream_ahead.h"
#include "oplog/image_policy.h"
#include "oplog/log_blocks.h"
#include "oplog/retention.h"
#include "pipeline/spill/spill_area.h"
#include "session/registry.h"
#include "session/transaction_table.h"
#include "storage/commit/commit_layer.h"
#include "storage/meta.h"
#include "stream/counters.h"
#include "stream/hub.h"
#include "stream/lookup.h"

namespace freshet::app {
namespace {

constexpr std::size_t kProcessIdBytes = 12;
// A log that could be cut does not ask for checkpoints more often than this.
constexpr Milliseconds kCheckpointGap{5'000};
// No command reads a snapshot older than this plus the snapshot window, but for transactions.
constexpr Milliseconds kOldestReader{120'000};

commit::CommitOptions commit_options(const ServeOptions& options) {
  commit::CommitOptions commit;
  if (!options.memory) {
    commit.durable_mark_path = durable_mark_path(options.data_directory);
    commit.applied_mark_path = applied_mark_path(options.data_directory);
  }
  // Of the write set and its entries together: documents, keys, and the operations themselves.
  commit.txn_bytes_max = static_cast<std::size_t>(options.limits.txn_bytes_max) * 4;
  commit.unflushed_bytes_max = static_cast<std::size_t>(options.limits.unflushed_bytes_max);
  commit.snapshot_window_ms = options.limits.snapshot_window_ms_max;
  return commit;
}

oplog::RetentionOptions retention_options(const ServeOptions& options) {
  return {.history_ms = options.history_ms,
          .history_bytes = options.history_bytes,
          .hold_bytes_max = static_cast<std::uint64_t>(options.limits.stream_hold_bytes_max)};
}

/// What getCmdLineOpts shows as `parsed`.
std::string parsed_options(const ServeOptions& options) {
  bson::Builder out;
  out.open_document("net");
  out.open_array("bindIp");
  for (const std::string& address : options.bind_addresses)
    out.push(address);
  out.close();
  out.add("port", static_cast<std::int32_t>(options.port));
  if (options.tls.mode != server::TlsMode::Disabled) {
    out.open_document("tls").add("mode", to_text(options.tls.mode));
    out.add("certificateKeyFile", options.tls.certificate_key_file);
    if (!options.tls.ca_file.empty()) out.add("CAFile", options.tls.ca_file);
    out.close();
  }
  out.close();
  out.open_document("replication").add("replSet", options.set_name).close();
  out.open_document("storage");
  out.add("engine", options.memory ? "memory" : "rocksdb");
  if (!options.memory) out.add("dbPath", options.data_directory);
  out.close();
  if (!options.log_path.empty()) {
    out.open_document("systemLog").add("path", options.log_path).close();
  }
  return out.take();
}

/// As given, but for a password, which clients need not know.
std::vector<std::string> argv_of(const ServeOptions& options) {
  constexpr std::string_view kPassword = "--tlsCertificateKeyFilePassword";
  std::vector<std::string> argv = {"freshet"};
  bool hides = false;
  for (const std::string& argument : options.arguments) {
    if (hides) {
      argv.emplace_back("<password>");
    } else if (argument.starts_with(std::string(kPassword) + "=")) {
      argv.push_back(std::string(kPassword) + "=<password>");
    } else {
      argv.push_back(argument);
    }
    hides = argument == kPassword;
  }
  return argv;
}

std::unique_ptr<pipeline::SpillArea> make_spill_area(const ServeOptions& options) {
  if (options.memory) return nullptr;
  return std::make_unique<pipeline::SpillArea>(
      options.data_directory + "/_tmp", static_cast<std::uint64_t>(options.limits.spill_bytes_max));
}

}  // namespace

struct Graph::State {
  State(const ServeOptions& options, const Clock& the_clock, Random& random, Logger& the_logger,
        Surroundings surroundings);

  // The log behind the last checkpoint is needed; where that is in the way, a newer one is made.
  storage::Position recovery_bound(storage::Position wanted) {
    if (data.checkpoint_position() < wanted && clock.steady() - checkpoint_made >= kCheckpointGap) {
      checkpoint();
    }
    return data.checkpoint_position();
  }
  void checkpoint() {
    checkpoint_made = clock.steady();
    data.checkpoint();
  }
  oplog::RetentionBounds retention_bounds() {
    const Milliseconds grace(limits.stream_grace_ms_max);
    return {.recovery = [this](storage::Position wanted) { return recovery_bound(wanted); },
            .streams = [this, grace] { return hub.lowest_needed(clock.steady() - grace); },
            .minimum_age = [this] { return catalog::minimum_age(*data.catalog().latest()); },
            .totals = [this] { return data.log_totals(); }};
  }
  void reclaim() {
    const storage::Position oldest = std::min(oldest_reader.note(clock.steady(), commits.applied()),
                                              transactions.oldest_snapshot());
    (void)data.ddl().reclaim(*store, oldest);
  }
  void expire_sessions() {
    for (const model::SessionId& session : sessions.expire())
      (void)cursors.kill_session(session);
    transactions.purge(Milliseconds(limits.session_idle_ms_max));
    (void)data.expire_retries(idle_cutoff.note(clock.steady(), clock.wall_ms()));
  }

  const Clock& clock;
  Logger& logger;
  Limits limits;
  const std::int64_t ttl_interval_s;
  SteadyTime checkpoint_made;  // used by jobs alone
  const std::unique_ptr<storage::Store> store;
  const storage::Identity run;
  oplog::LogBlocks log_blocks;
  commit::CommitLayer commits;
  stream::StreamHub hub;  // before the first commit, which Data may make
  collection::Data data;
  oplog::ImagePolicy images;
  command::ConcernDefaults concerns;
  catalog::ImageAges image_ages;
  stream::CollectionLookup lookup;
  stream::StreamCounters stream_counters;
  oplog::Retention retention;
  cursor::AheadBudget prepared_batches;
  cursor::Registry cursors;
  session::Registry sessions;
  session::TransactionTable transactions;
  command::Metrics metrics;
  command::OperationRegistry operations;
  command::FailPoints fail_points;
  command::Parameters parameters;
  command::Profiler profiler;
  command::Identity identity;
  command::Primaryship primaryship;
  command::Host host;
  const std::unique_ptr<pipeline::SpillArea> spill;  // null with --memory
  command::CommandServices services;
  command::HistoryWatch history_watch;
  LaggingPosition oldest_reader;
  IdleCutoff idle_cutoff;
  std::unique_ptr<command::Dispatcher> dispatcher;
};

Graph::State::State(const ServeOptions& options, const Clock& the_clock, Random& random,
                    Logger& the_logger, Surroundings surroundings)
    : clock(the_clock),
      logger(the_logger),
      limits(options.limits),
      ttl_interval_s(options.ttl_interval_s),
      store(open_store(options, logger)),
      run(storage::begin_run(*store, random)),
      log_blocks(*store, static_cast<std::size_t>(limits.log_blocks_bytes_max)),
      commits(*store, clock, logger, commit_options(options)),
      hub(commits, clock, limits),
      data(*store, commits, clock, random, logger),
      images(*store, commits),
      concerns(*store, commits),
      image_ages(images, data.catalog(), clock),
      lookup(*store, commits, data.catalog(), image_ages),
      retention(*store, commits, clock, retention_options(options), retention_bounds()),
      prepared_batches(limits.prepared_batch_bytes_max),
      cursors(clock, random, limits),
      sessions(clock, limits),
      transactions(data, cursors, clock, limits),
      parameters(limits, options.test_commands),
      profiler(data, random),
      identity{.set_name = options.set_name,
               .process_id = random.bytes(kProcessIdBytes),
               .term = data.term(),
               .started_ms = clock.wall_ms(),
               .started = clock.steady()},
      primaryship(identity, clock, [this] { return data.begin_term(); }),
      host{.arguments = argv_of(options),
           .parsed_options = parsed_options(options),
           .data_directory = options.memory ? std::string() : options.data_directory,
           .request_shutdown = std::move(surroundings.request_shutdown),
           .connections_current = std::move(surroundings.connections_current),
           .connections_total = std::move(surroundings.connections_total),
           .network = std::move(surroundings.network)},
      spill(make_spill_area(options)),
      services{.clock = clock,
               .random = random,
               .log = logger,
               .limits = limits,
               .identity = identity,
               .metrics = metrics,
               .operations = operations,
               .fail_points = fail_points,
               .primaryship = primaryship,
               .parameters = parameters,
               .profiler = profiler,
               .commit = commits,
               .retention = retention,
               .log_blocks = log_blocks,
               .images = images,
               .concerns = concerns,
               .image_ages = image_ages,
               .data = data,
               .hub = hub,
               .lookup = lookup,
               .stream_counters = stream_counters,
               .cursors = cursors,
               .prepared_batches = prepared_batches,
               .sessions = sessions,
               .transactions = transactions,
               .host = host,
               .spill = spill.get()},
      history_watch(services),
      oldest_reader(kOldestReader + Milliseconds(limits.snapshot_window_ms_max)),
      idle_cutoff(Milliseconds(limits.session_idle_ms_max)),
      dispatcher(command::make_dispatcher(services)) {
  if (options.keep_images) data.keep_all_images();
  commits.set_on_fatal(std::move(surroundings.on_failed));
  transactions.set_lifetime_s(options.transaction_lifetime_s);
  parameters.add({.name = kTransactionLifetime,
                  .min = kTransactionLifetimeMinS,
                  .max = kTransactionLifetimeMaxS,
                  .get = [this] { return transactions.lifetime_s(); },
                  .set = [this](std::int64_t seconds) { transactions.set_lifetime_s(seconds); }});
  command::drop_abandoned_outputs(data);
  data.note_new_primary();
  if (!run.clean) logger.warning("STORAGE", "the last run was not closed; its log was recovered");
}

Graph::Graph(const ServeOptions& options, const Clock& clock, Random& random, Logger& logger,
             Surroundings surroundings)
    : state_(std::make_unique<State>(options, clock, random, logger, std::move(surroundings))) {}

Graph::~Graph() = default;

void Graph::set_advertised(const std::string& host_and_port) {
  state_->identity.advertised = host_and_port;
}

command::Dispatcher& Graph::dispatcher() {
  return *state_->dispatcher;
}

std::vector<Job> Graph::jobs() {
  State& graph = *state_;
  return {
      {"transaction expiry", Milliseconds(1'000), [&graph] { graph.transactions.expire(); }},
      {"snapshot expiry", Milliseconds(1'000), [&graph] { graph.commits.expire_snapshots(); }},
      {"retention", Milliseconds(1'000), [&graph] { graph.retention.enforce(); }},
      {"history watch", Milliseconds(1'000), [&graph] { graph.history_watch.check(); }},
      {"cursor expiry", Milliseconds(4'000), [&graph] { (void)graph.cursors.reap(); }},
      {"reclaim", Milliseconds(10'000), [&graph] { graph.reclaim(); }},
      {"session expiry", Milliseconds(60'000), [&graph] { graph.expire_sessions(); }},
      {"checkpoint", Milliseconds(60'000), [&graph] { graph.checkpoint(); }},
      {"document expiry", Milliseconds(graph.ttl_interval_s * 1'000),
       [&graph] { (void)collection::delete_expired(graph.data, graph.clock.wall_ms()); }},
  };
}

void Graph::stop() {
  state_->data.checkpoint();
  state_->commits.stop();
  if (!storage::end_run(*state_->store)) {
    state_->logger.warning("STORAGE", "the end of this run could not be noted");
  }
}

}  // namespace freshet::app

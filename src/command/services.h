// SPDX-License-Identifier: Apache-2.0
// What commands work with: the parts of the object graph, by reference. app builds it once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace freshet {
class Clock;
class Logger;
class Random;
struct Limits;
}  // namespace freshet
namespace freshet::commit {
class CommitLayer;
}
namespace freshet::oplog {
class ImagePolicy;
class LogBlocks;
class Retention;
}  // namespace freshet::oplog
namespace freshet::catalog {
class ImageAges;
}
namespace freshet::collection {
class Data;
}
namespace freshet::stream {
class DocumentLookup;
class StreamHub;
struct StreamCounters;
}  // namespace freshet::stream
namespace freshet::pipeline {
class SpillArea;
}
namespace freshet::cursor {
class AheadBudget;
class Registry;
}  // namespace freshet::cursor
namespace freshet::session {
class Registry;
class TransactionTable;
}  // namespace freshet::session

namespace freshet::command {

struct Identity;
struct Metrics;
class ConcernDefaults;
class FailPoints;
class OperationRegistry;
class Parameters;
class Profiler;
class Primaryship;
class Dispatcher;

/// What the edge counts; see serverStatus.
struct NetworkUse {
  // Since the start.
  std::int64_t bytes_in = 0;
  std::int64_t bytes_out = 0;
  std::int64_t requests = 0;
  std::int64_t connections_rejected = 0;
  // At this moment.
  std::int64_t commands_parked = 0;
  std::int64_t commands_on_workers = 0;
  std::int64_t receive_bytes = 0;  ///< of requests that are large or not complete
  std::int64_t send_bytes = 0;     ///< of replies that a client does not read
};

/// How the process was started and what it may ask of its edge; filled by app.
struct Host {
  std::vector<std::string> arguments;      ///< argv, for getCmdLineOpts
  std::string parsed_options;              ///< the same as BSON ("parsed" of getCmdLineOpts)
  std::string data_directory;              ///< empty with --memory
  std::function<void()> request_shutdown;  ///< the `shutdown` command
  std::function<std::int64_t()> connections_current;
  std::function<std::int64_t()> connections_total;
  std::function<NetworkUse()> network;
};

/// Everything outlives every command. Members are thread-safe each on its own.
struct CommandServices {
  const Clock& clock;
  Random& random;
  Logger& log;
  Limits& limits;
  const Identity& identity;
  Metrics& metrics;
  OperationRegistry& operations;
  FailPoints& fail_points;
  Primaryship& primaryship;
  Parameters& parameters;
  Profiler& profiler;
  commit::CommitLayer& commit;
  oplog::Retention& retention;
  oplog::LogBlocks& log_blocks;
  oplog::ImagePolicy& images;
  ConcernDefaults& concerns;
  const catalog::ImageAges& image_ages;
  collection::Data& data;
  stream::StreamHub& hub;
  stream::DocumentLookup& lookup;
  stream::StreamCounters& stream_counters;
  cursor::Registry& cursors;
  cursor::AheadBudget& prepared_batches;
  session::Registry& sessions;
  session::TransactionTable& transactions;
  Host& host;
  pipeline::SpillArea* spill;  ///< null: nothing goes to disk
};

/// The way in for the edge. `services` outlives it.
std::unique_ptr<Dispatcher> make_dispatcher(CommandServices& services);

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// The object graph: every part of a running server below the edge, built in order and taken down in
// reverse.
//
//   Store ─► CommitLayer ─► StreamHub, Data (catalog, collections) ─► Retention
//                                   └─► cursor and session registries ─► Dispatcher
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/housekeeping.h"
#include "app/options.h"
#include "base/clock.h"

namespace freshet {
class Logger;
class Random;
}  // namespace freshet
namespace freshet::command {
class Dispatcher;
struct NetworkUse;
}  // namespace freshet::command

namespace freshet::app {

/// What the graph tells and asks its surroundings. Called from any thread.
struct Surroundings {
  std::function<void()> request_shutdown;                 ///< the `shutdown` command came
  std::function<void(const std::string& why)> on_failed;  ///< the engine failed: stop at once
  std::function<std::int64_t()> connections_current;
  std::function<std::int64_t()> connections_total;
  std::function<command::NetworkUse()> network;
};

class Graph {
 public:
  /// Opens the store, recovers, and is ready to serve. Throws Error when the data cannot be used.
  /// Requires: all references outlive this.
  Graph(const ServeOptions& options, const Clock& clock, Random& random, Logger& logger,
        Surroundings surroundings);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Tells clients where this server is. Call before anybody connects.
  void set_advertised(const std::string& host_and_port);

  command::Dispatcher& dispatcher();
  /// What is to be done now and then.
  std::vector<Job> jobs();
  /// Refuses new commits and makes what was committed durable. Requires: nobody is connected and no
  /// job runs. After a failed engine it is not called.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::app

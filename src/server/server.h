// SPDX-License-Identifier: Apache-2.0
// The edge as the rest of the program sees it: listens, keeps connections, runs exchanges on them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "server/tls_options.h"

namespace freshet {
class Logger;
}
namespace freshet::command {
class Dispatcher;
}

namespace freshet::server {

struct ServerOptions {
  /// Names or addresses, as mongod's --bind_ip takes them; "localhost" is both loopback addresses,
  /// "*" every address of the machine.
  std::vector<std::string> bind_addresses = {"localhost"};
  std::uint16_t port = 0;  ///< 0: a free one
  TlsOptions tls;
  unsigned io_threads = 0;      ///< 0: one for each core
  unsigned worker_threads = 0;  ///< 0: as many as suit the machine
};

/// What serverStatus tells of connections and network. Read without a lock: the numbers are each
/// right, but not of the same instant.
struct ServerStats {
  std::int64_t connections_current = 0;
  std::int64_t connections_available = 0;
  std::int64_t connections_created = 0;
  std::int64_t connections_rejected = 0;
  std::int64_t commands_parked = 0;
  std::int64_t commands_on_workers = 0;
  std::int64_t receive_bytes = 0;
  std::int64_t send_bytes = 0;
  std::int64_t bytes_in = 0;
  std::int64_t bytes_out = 0;
  std::int64_t requests = 0;
};

/// Thread-safe. The constructor binds, so that a port in use is known before anything else runs.
class Server {
 public:
  /// Throws Error when an address cannot be bound, its message names the address; and what
  /// TlsContext throws. Requires:
  /// `dispatcher`, `logger` and `limits` outlive this.
  Server(command::Dispatcher& dispatcher, Logger& logger, const Limits& limits,
         ServerOptions options);
  /// Stops at once if stop() was not called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port all addresses listen on.
  std::uint16_t port() const;
  /// "127.0.0.1:27017", "[::1]:27017", …
  std::vector<std::string> addresses() const;

  /// Begins to accept.
  void start();

  /// Accepts no more; interrupts what runs with InterruptedAtShutdown and lets those replies out;
  /// closes everything at latest after `grace`. Returns when all threads have ended. Call once.
  void stop(Milliseconds grace = Milliseconds(700));

  ServerStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::server

// SPDX-License-Identifier: Apache-2.0
// What all connections and I/O threads of one server share.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/limits.h"
#include "base/log.h"
#include "command/exchange.h"
#include "server/worker_pool.h"

namespace freshet::server {

class TlsContext;

/// Lives longer than every connection. Thread-safe; the counters are relaxed.
struct Edge {
  command::Dispatcher& dispatcher;
  Logger& logger;
  const Limits& limits;
  WorkerPool& workers;
  const TlsContext* tls = nullptr;  ///< null: all clients speak in the clear

  std::atomic<std::int64_t> connections_current{0};
  std::atomic<std::int64_t> connections_created{0};
  std::atomic<std::int64_t> connections_rejected{0};
  std::atomic<std::int64_t> commands_parked{0};
  std::atomic<std::int64_t> commands_on_workers{0};
  /// Of requests that are not complete yet, or large and not answered yet, on all connections.
  std::atomic<std::int64_t> receive_bytes{0};
  /// Of replies that their clients do not take, on all connections.
  std::atomic<std::int64_t> send_bytes{0};
};

/// Written by one I/O thread, summed by whoever asks.
struct alignas(64) TrafficCounters {
  std::atomic<std::int64_t> bytes_in{0};
  std::atomic<std::int64_t> bytes_out{0};
  std::atomic<std::int64_t> requests{0};

  /// For the one thread that writes it.
  static void add(std::atomic<std::int64_t>& counter, std::size_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + static_cast<std::int64_t>(by),
                  std::memory_order_relaxed);
  }
};

}  // namespace freshet::server

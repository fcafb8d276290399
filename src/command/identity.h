// SPDX-License-Identifier: Apache-2.0
// Who this server says it is: a replica set of one, MongoDB 8.0 on the wire.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "bson/builder.h"

namespace freshet::command {

inline constexpr std::string_view kClaimedVersion = "8.0.4";
inline constexpr std::int32_t kClaimedVersionArray[4] = {8, 0, 4, 0};
inline constexpr std::int32_t kMinWireVersion = 0;
inline constexpr std::int32_t kMaxWireVersion = 25;

/// Fixed from start to end of the process, but for what Primaryship changes. Thread-safe for
/// reading.
struct Identity {
  std::string set_name = "rs0";
  std::string advertised;              ///< "host:port" that clients reach us by
  std::string process_id;              ///< 12 bytes, new at each start (topologyVersion.processId)
  std::atomic<std::int64_t> term = 1;  ///< grows with each primaryship, persisted
  std::int64_t started_ms = 0;         ///< wall time of the start
  SteadyTime started{};                ///< the same moment on the clock that nobody sets
  std::atomic<std::int64_t> topology_counter = 6;  ///< grows when what hello tells changes
  std::atomic<bool> is_primary = true;

  Milliseconds uptime(const Clock& clock) const {
    return std::chrono::duration_cast<Milliseconds>(clock.steady() - started);
  }
  /// 7fffffff and the term, so that it never decreases for the life of the set.
  std::string election_id() const;
  /// {processId, counter}
  void append_topology_version(bson::Builder& out) const;
};

}  // namespace freshet::command

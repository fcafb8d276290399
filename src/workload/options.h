// SPDX-License-Identifier: Apache-2.0
// What a measurement was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::workload {

/// Everything that is measured is written here, and dropped at the end.
inline constexpr std::string_view kDatabase = "freshet_bench";

inline constexpr std::int64_t kConnectionsMax = 1'000;
inline constexpr std::int64_t kStreamsMax = 50'000;
inline constexpr std::int64_t kBatchMax = 10'000;
inline constexpr std::int64_t kDocumentBytesMin = 64;
inline constexpr std::int64_t kDocumentBytesMax = 1 << 20;
inline constexpr std::int64_t kBatchBytesMax = 32 << 20;  ///< of one insert; messages end at 48 MB
inline constexpr std::int64_t kCollectionsMax = 100'000;
inline constexpr std::int64_t kWaitMaxMs = 3'600'000;
inline constexpr std::int64_t kCountMax = 1'000'000'000;
inline constexpr std::int64_t kTimeLimitMaxS = 86'400;

struct Options {
  std::string uri = "mongodb://localhost:27017";
  std::vector<std::string> workloads;  ///< names of workload_table(); empty: all of them
  /// Operations, documents or foreign entries; none: what the workload's row says.
  std::optional<std::int64_t> count;
  std::int64_t connections = 16;  ///< of the writers and readers, each one request at a time
  std::int64_t streams = 100;     ///< of the fan-outs
  std::int64_t batch = 1'000;     ///< documents of one insert in bulk
  std::int64_t document_bytes = 256;
  std::int64_t collections = 1;  ///< among which insert_one takes turns
  std::int64_t wait_ms = 1'000;  ///< how long a getMore waits for events
  bool majority = false;         ///< write concern of the writes; else w: 1
  bool sessions = false;         ///< send session and transaction number, as drivers do
  bool drop = false;             ///< the database may hold something: drop it
  bool json = false;
  std::int64_t time_limit_s = 120;  ///< of one workload
  std::int64_t server_pid = 0;  ///< of a server on this machine, for its processor time; 0: none
};

/// Throws Error (InvalidOptions): a URI that is none, an unknown workload, a number out of its range.
void check(const Options& options);

}  // namespace freshet::workload

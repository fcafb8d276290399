// SPDX-License-Identifier: Apache-2.0
// Every named maximum in one table. Set at start (--setParameter name=value), listed by
// getParameter and serverStatus, constant afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace freshet {

/// The limits in force. Filled by app/ before anything runs and read by everybody; not changed
/// while serving.
struct Limits {
  // Messages and documents. Drivers are told the first, second and fourth in the hello reply.
  std::int64_t message_bytes_max = 48'000'000;
  std::int64_t document_bytes_max = 16 << 20;
  std::int64_t document_envelope_bytes_max =
      16 << 10;                            ///< commands and log entries may exceed documents by it
  std::int64_t batch_count_max = 100'000;  ///< writes in one command
  std::int64_t nesting_depth_max = 200;
  std::int64_t reply_batch_bytes_max = 16 << 20;

  // Edge.
  std::int64_t connections_max = 20'000;
  std::int64_t parked_commands_max = 20'000;
  std::int64_t worker_queue_max = 10'000;
  std::int64_t receive_bytes_max = 1 << 30;  ///< of unfinished messages, on all connections
  std::int64_t log_lines_kept_max = 1'024;

  // Commands.
  std::int64_t command_memory_bytes_max = 100 << 20;
  std::int64_t cursors_open_max = 100'000;
  std::int64_t cursor_idle_ms_max = 600'000;
  std::int64_t pipeline_stages_max = 1'000;
  std::int64_t sessions_max = 1'000'000;
  std::int64_t session_idle_ms_max = 1'800'000;

  // Data.
  std::int64_t key_bytes_max = 1'024;
  std::int64_t indexes_per_collection_max = 64;
  std::int64_t index_fields_max = 32;
  std::int64_t txn_bytes_max = 128 << 20;  ///< operations of one transaction, as the log has them
  std::int64_t transactions_open_max = 10'000;
  std::int64_t transactions_memory_bytes_max = 1 << 30;  ///< of all that are open
  std::int64_t commit_chunk_count_max = 1'000;
  std::int64_t commit_chunk_bytes_max = 4 << 20;
  std::int64_t snapshots_max = 20'000;
  std::int64_t snapshot_window_ms_max = 300'000;

  // Streams.
  std::int64_t stream_ring_bytes_max = 64 << 20;
  std::int64_t stream_feed_block_bytes_max = 4 << 20;
  std::int64_t streams_open_max = 50'000;
};

/// One row: how a limit is called on the wire, where it lies, and what it may be set to. Its
/// default is `Limits{}.*member`.
struct LimitRow {
  std::string_view name;
  std::int64_t Limits::*member;
  std::int64_t min;
  std::int64_t max;
};

/// All rows, sorted by name.
std::span<const LimitRow> limit_table();

/// nullptr when no limit is called `name`.
const LimitRow* find_limit(std::string_view name);

enum class [[nodiscard]] LimitOutcome : std::uint8_t{Set, Unknown, OutOfRange};
LimitOutcome set_limit(Limits& limits, std::string_view name, std::int64_t value);

}  // namespace freshet

// SPDX-License-Identifier: Apache-2.0
// Every named maximum in one table. Set at start (--setParameter name=value), listed by
// getParameter and serverStatus, constant afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace freshet {

/// The limits in force. Filled by app/ before anything runs and read by everybody; not changed
/// while serving. Those marked "fixed" are part of a format or of MongoDB's contract: they are
/// listed, and cannot be set.
struct Limits {
  // Messages and documents. Drivers are told the first, second and fourth in the hello reply.
  std::int64_t message_bytes_max = 48'000'000;
  std::int64_t document_bytes_max = 16 << 20;  ///< fixed
  std::int64_t document_envelope_bytes_max =
      16 << 10;                            ///< commands and log entries may exceed documents by it
  std::int64_t batch_count_max = 100'000;  ///< writes in one command
  std::int64_t nesting_depth_max = 200;
  std::int64_t reply_batch_bytes_max = 16 << 20;
  /// Of batches of streams that are filled before they are asked for, together.
  std::int64_t prepared_batch_bytes_max = 32 << 20;

  // Edge.
  std::int64_t connections_max = 20'000;
  std::int64_t parked_commands_max = 20'000;
  std::int64_t worker_queue_max = 10'000;
  std::int64_t receive_bytes_max = 1 << 30;  ///< of requests not answered yet, on all connections
  std::int64_t send_bytes_max = 1 << 30;     ///< of replies not sent yet, on all connections
  std::int64_t log_lines_kept_max = 1'024;

  // Commands.
  std::int64_t command_memory_bytes_max = 100 << 20;
  std::int64_t cursors_open_max = 100'000;
  std::int64_t cursor_idle_ms_max = 600'000;
  std::int64_t pipeline_stages_max = 1'000;         ///< fixed
  std::int64_t stage_memory_bytes_max = 100 << 20;  ///< of one $sort, $group …; more goes to disk
  std::int64_t spill_bytes_max = std::int64_t{100} << 30;  ///< of all temporary files together
  std::int64_t sessions_max = 1'000'000;
  std::int64_t session_idle_ms_max = 1'800'000;  ///< hello tells it, in minutes

  // Data.
  std::int64_t key_bytes_max = 1'024;            ///< fixed: the stored keys are cut there
  std::int64_t indexes_per_collection_max = 64;  ///< fixed
  std::int64_t index_fields_max = 32;            ///< fixed
  std::int64_t txn_bytes_max = 128 << 20;  ///< operations of one transaction, as the log has them
  std::int64_t transactions_open_max = 10'000;
  std::int64_t transactions_memory_bytes_max = 1 << 30;  ///< of all that are open
  std::int64_t commit_chunk_count_max = 1'000;
  std::int64_t commit_chunk_bytes_max = 4 << 20;
  std::int64_t snapshots_max = 20'000;
  std::int64_t snapshot_window_ms_max = 300'000;
  std::int64_t unflushed_bytes_max = 64 << 20;  ///< log entries applied and not durable yet

  // Engine.
  std::int64_t cache_bytes_max = 256 << 20;
  std::int64_t write_buffer_bytes_max = 64 << 20;  ///< of documents; the rest takes a share of it
  std::int64_t wal_bytes_max = 256 << 20;
  std::int64_t disk_reserve_bytes = 512 << 20;  ///< with less free, writes are refused

  // Streams.
  std::int64_t stream_ring_bytes_max = 64 << 20;
  std::int64_t stream_feed_block_bytes_max = 4 << 20;
  std::int64_t log_blocks_bytes_max = 16 << 20;  ///< of the log, kept for streams that are behind
  std::int64_t streams_open_max = 50'000;
  std::int64_t stream_grace_ms_max = 600'000;  ///< unused that long, a stream holds no history
  std::int64_t stream_hold_bytes_max = std::int64_t{10} << 30;  ///< what slow streams may hold
};

/// One row: how a limit is called on the wire, where it lies, and what it may be set to (one value
/// only: it is fixed). Its default is `Limits{}.*member`.
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

// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"

#include <algorithm>
#include <iterator>

namespace freshet {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;
constexpr std::int64_t kBytesMax = std::int64_t{1} << 40;

constexpr LimitRow fixed(std::string_view name, std::int64_t Limits::*member) {
  return {name, member, Limits{}.*member, Limits{}.*member};
}

// Sorted by name.
constexpr LimitRow kRows[] = {
    {"batchCountMax", &Limits::batch_count_max, 1, 100'000},
    {"cacheBytesMax", &Limits::cache_bytes_max, 1 << 20, kBytesMax},
    {"commandMemoryBytesMax", &Limits::command_memory_bytes_max, 1 << 20, kBytesMax},
    {"commitChunkBytesMax", &Limits::commit_chunk_bytes_max, 64 << 10, 64 << 20},
    {"commitChunkCountMax", &Limits::commit_chunk_count_max, 1, 100'000},
    {"connectionsMax", &Limits::connections_max, 1, 1'000'000},
    {"cursorIdleMsMax", &Limits::cursor_idle_ms_max, 1, kMany},
    {"cursorsOpenMax", &Limits::cursors_open_max, 1, kMany},
    {"diskReserveBytes", &Limits::disk_reserve_bytes, 0, kBytesMax},
    fixed("documentBytesMax", &Limits::document_bytes_max),
    {"documentEnvelopeBytesMax", &Limits::document_envelope_bytes_max, 16 << 10, 1 << 20},
    fixed("indexFieldsMax", &Limits::index_fields_max),
    fixed("indexesPerCollectionMax", &Limits::indexes_per_collection_max),
    fixed("keyBytesMax", &Limits::key_bytes_max),
    {"logBlocksBytesMax", &Limits::log_blocks_bytes_max, 0, kBytesMax},
    {"logLinesKeptMax", &Limits::log_lines_kept_max, 1, 100'000},
    {"messageBytesMax", &Limits::message_bytes_max, 1 << 20, 48'000'000},
    {"nestingDepthMax", &Limits::nesting_depth_max, 10, 250},
    {"parkedCommandsMax", &Limits::parked_commands_max, 1, kMany},
    fixed("pipelineStagesMax", &Limits::pipeline_stages_max),
    {"preparedBatchBytesMax", &Limits::prepared_batch_bytes_max, 0, kBytesMax},
    {"receiveBytesMax", &Limits::receive_bytes_max, 48'000'000, kBytesMax},
    {"replyBatchBytesMax", &Limits::reply_batch_bytes_max, 64 << 10, 16 << 20},
    {"sendBytesMax", &Limits::send_bytes_max, 48'000'000, kBytesMax},
    {"sessionIdleMsMax", &Limits::session_idle_ms_max, 60'000, kMany},
    {"sessionsMax", &Limits::sessions_max, 1, kMany},
    {"snapshotWindowMsMax", &Limits::snapshot_window_ms_max, 0, kMany},
    {"snapshotsMax", &Limits::snapshots_max, 1, 1'000'000},
    {"spillBytesMax", &Limits::spill_bytes_max, 1 << 20, kBytesMax},
    {"stageMemoryBytesMax", &Limits::stage_memory_bytes_max, 64 << 10, kBytesMax},
    {"streamFeedBlockBytesMax", &Limits::stream_feed_block_bytes_max, 64 << 10, 1 << 30},
    {"streamGraceMsMax", &Limits::stream_grace_ms_max, 0, kMany},
    {"streamHoldBytesMax", &Limits::stream_hold_bytes_max, 1 << 20, kBytesMax},
    {"streamRingBytesMax", &Limits::stream_ring_bytes_max, 1 << 20, kBytesMax},
    {"streamsOpenMax", &Limits::streams_open_max, 1, kMany},
    {"transactionsMemoryBytesMax", &Limits::transactions_memory_bytes_max, 1 << 20, kBytesMax},
    {"transactionsOpenMax", &Limits::transactions_open_max, 1, kMany},
    {"txnBytesMax", &Limits::txn_bytes_max, 1 << 20, kBytesMax},
    {"unflushedBytesMax", &Limits::unflushed_bytes_max, 1 << 20, kBytesMax},
    {"walBytesMax", &Limits::wal_bytes_max, 1 << 20, kBytesMax},
    {"workerQueueMax", &Limits::worker_queue_max, 1, kMany},
    {"writeBufferBytesMax", &Limits::write_buffer_bytes_max, 1 << 20, 1 << 30},
};

}  // namespace

std::span<const LimitRow> limit_table() {
  return kRows;
}

const LimitRow* find_limit(std::string_view name) {
  const auto* at =
      std::lower_bound(std::begin(kRows), std::end(kRows), name,
                       [](const LimitRow& row, std::string_view key) { return row.name < key; });
  return at != std::end(kRows) && at->name == name ? at : nullptr;
}

LimitOutcome set_limit(Limits& limits, std::string_view name, std::int64_t value) {
  const LimitRow* row = find_limit(name);
  if (row == nullptr) return LimitOutcome::Unknown;
  if (value < row->min || value > row->max) return LimitOutcome::OutOfRange;
  limits.*row->member = value;
  return LimitOutcome::Set;
}

}  // namespace freshet

// SPDX-License-Identifier: Apache-2.0
#include "command/command_table.h"

#include <algorithm>
#include <iterator>

#include "command/commands.h"

namespace freshet::command {
namespace {

// Sorted by name, ignoring case nowhere: MongoDB's names are case-sensitive.
constexpr CommandRow kTable[] = {
    {"abortTransaction", "", kAdminOnly | kWrites | kInTransaction | kEndsTransaction | kStableApi,
     run_abort_transaction, nullptr, "takes a transaction back"},
    {"aggregate", "", kReads | kStableApi | kInTransaction | kSnapshot, nullptr, start_aggregate,
     "runs an aggregation pipeline or opens a change stream"},
    {"buildInfo", "buildinfo", kHandshake | kNoSession, run_build_info, nullptr,
     "version of the server"},
    {"bulkWrite", "", kAdminOnly | kWrites | kNoCount | kStableApi | kInTransaction | kRetryable,
     nullptr, start_bulk_write, "inserts, updates and deletes in several collections"},
    {"cloneCollectionAsCapped", "", kWrites | kWorker, run_clone_collection_as_capped, nullptr,
     "copies the newest documents of a collection into a capped one"},
    {"collMod", "", kWrites | kWorker | kStableApi, run_coll_mod, nullptr,
     "changes options of a collection or index"},
    {"collStats", "collstats", kWorker, run_coll_stats, nullptr, "sizes of a collection"},
    {"commitTransaction", "", kAdminOnly | kWrites | kInTransaction | kEndsTransaction | kStableApi,
     nullptr, start_commit_transaction, "makes a transaction true"},
    {"compact", "", kWorker, run_compact, nullptr, "gives unused space back to the disk"},
    {"configureFailPoint", "", kAdminOnly | kTestOnly, run_configure_fail_point, nullptr,
     "makes the server do wrong, for tests"},
    {"connPoolStats", "", kNoFlags, run_conn_pool_stats, nullptr, "outgoing connections"},
    {"connectionStatus", "", kNoSession, run_connection_status, nullptr,
     "who is logged in on this connection"},
    {"convertToCapped", "", kWrites | kWorker, run_convert_to_capped, nullptr,
     "limits a collection to its newest documents"},
    {"count", "", kReads | kStableApi, nullptr, start_count, "counts documents"},
    {"create", "", kWrites | kStableApi | kInTransaction, run_create, nullptr,
     "creates a collection or view"},
    {"createIndexes", "", kWrites | kWorker | kStableApi | kInTransaction, nullptr,
     start_create_indexes, "builds indexes"},
    {"currentOp", "", kAdminOnly | kWorker | kPrompt, run_current_op, nullptr,
     "operations that run now"},
    {"dataSize", "datasize", kWorker, run_data_size, nullptr, "bytes of a collection"},
    {"dbStats", "dbstats", kWorker, run_db_stats, nullptr, "sizes of a database"},
    {"delete", "", kWrites | kNoCount | kStableApi | kInTransaction | kRetryable, nullptr,
     start_delete, "deletes documents"},
    {"distinct", "", kReads | kInTransaction | kSnapshot, nullptr, start_distinct,
     "different values of a field"},
    {"drop", "", kWrites | kWorker | kStableApi, run_drop, nullptr, "drops a collection"},
    {"dropDatabase", "", kWrites | kWorker | kStableApi, run_drop_database, nullptr,
     "drops a database"},
    {"dropIndexes", "deleteIndexes", kWrites | kWorker | kStableApi, run_drop_indexes, nullptr,
     "drops indexes"},
    {"endSessions", "", kStableApi | kNoSession, run_end_sessions, nullptr,
     "ends logical sessions"},
    {"explain", "", kReads | kWorker | kStableApi, run_explain, nullptr,
     "how a command reaches its documents"},
    {"find", "", kReads | kNoCount | kStableApi | kInTransaction | kSnapshot, nullptr, start_find,
     "queries a collection"},
    {"findAndModify", "findandmodify", kWrites | kStableApi | kInTransaction | kRetryable, nullptr,
     start_find_and_modify, "changes one document and returns it"},
    {"freshetBackup", "", kAdminOnly | kWorker, run_freshet_backup, nullptr,
     "copies the data into a directory"},
    {"freshetStreams", "", kAdminOnly | kWorker | kPrompt, run_freshet_streams, nullptr,
     "open change streams, their lag and how long their history is kept"},
    {"fsync", "", kAdminOnly, nullptr, start_fsync, "makes what was written durable"},
    {"getClusterParameter", "", kAdminOnly, run_get_cluster_parameter, nullptr,
     "shows cluster parameters"},
    {"getCmdLineOpts", "", kAdminOnly, run_get_cmd_line_opts, nullptr,
     "how the server was started"},
    {"getDefaultRWConcern", "", kAdminOnly, run_get_default_rw_concern, nullptr,
     "the concerns of commands that name none"},
    {"getLog", "", kAdminOnly, run_get_log, nullptr, "recent log lines"},
    {"getMore", "", kNoCount | kOwnMaxTime | kStableApi | kInTransaction | kSnapshot, nullptr,
     start_get_more, "next batch of a cursor"},
    {"getParameter", "", kAdminOnly | kNoSession, run_get_parameter, nullptr, "shows parameters"},
    {"hello", "", kHandshake | kOwnMaxTime | kStableApi | kNoSession, nullptr, start_hello,
     "who this server is"},
    {"hostInfo", "hostinfo", kNoFlags, run_host_info, nullptr, "the machine"},
    {"insert", "", kWrites | kNoCount | kStableApi | kInTransaction | kRetryable, nullptr,
     start_insert, "inserts documents"},
    {"isMaster", "ismaster", kHandshake | kOwnMaxTime | kNoSession, nullptr, start_is_master,
     "who this server is, the old way"},
    {"killAllSessions", "", kNoSession, run_kill_all_sessions, nullptr, "kills sessions of users"},
    {"killAllSessionsByPattern", "", kNoSession, run_kill_all_sessions_by_pattern, nullptr,
     "kills sessions by pattern"},
    {"killCursors", "", kStableApi | kInTransaction, run_kill_cursors, nullptr, "closes cursors"},
    {"killOp", "", kAdminOnly, run_kill_op, nullptr, "ends an operation"},
    {"killSessions", "", kNoSession, run_kill_sessions, nullptr, "kills sessions"},
    {"listCollections", "", kReads | kStableApi, run_list_collections, nullptr,
     "collections of a database"},
    {"listCommands", "", kNoFlags, run_list_commands, nullptr, "this list"},
    {"listDatabases", "", kAdminOnly | kReads | kStableApi, run_list_databases, nullptr,
     "databases and their sizes"},
    {"listIndexes", "", kReads | kStableApi, run_list_indexes, nullptr, "indexes of a collection"},
    {"lockInfo", "", kAdminOnly, run_lock_info, nullptr, "locks that are held: none ever"},
    {"logRotate", "", kAdminOnly, run_log_rotate, nullptr, "opens the log file anew"},
    {"logout", "", kNoSession, run_logout, nullptr, "ends the login of this connection"},
    {"ping", "", kHandshake | kStableApi | kNoSession, run_ping, nullptr, "answers"},
    {"planCacheClear", "", kNoFlags, run_plan_cache_clear, nullptr,
     "plans are not kept: nothing is to be cleared"},
    {"profile", "", kWorker, run_profile, nullptr, "what the profiler watches"},
    {"reIndex", "", kWrites, run_re_index, nullptr, "for standalone servers only"},
    {"refreshSessions", "", kStableApi | kNoSession, run_refresh_sessions, nullptr,
     "keeps logical sessions alive"},
    {"renameCollection", "", kAdminOnly | kWrites | kWorker, run_rename_collection, nullptr,
     "renames a collection"},
    {"replSetFreeze", "", kAdminOnly, run_repl_set_freeze, nullptr,
     "keeps this server from being primary for a while"},
    {"replSetGetConfig", "", kAdminOnly, run_repl_set_get_config, nullptr,
     "configuration of the replica set"},
    {"replSetGetStatus", "", kAdminOnly | kWorker | kPrompt, run_repl_set_get_status, nullptr,
     "state of the replica set"},
    {"replSetInitiate", "", kAdminOnly, run_repl_set_initiate, nullptr, "needs not be called"},
    {"replSetStepDown", "", kAdminOnly, run_repl_set_step_down, nullptr,
     "stops being primary for a while"},
    {"serverStatus", "serverstatus", kWorker | kPrompt, run_server_status, nullptr,
     "counters of the server"},
    {"setClusterParameter", "", kAdminOnly | kWrites, run_set_cluster_parameter, nullptr,
     "changes a cluster parameter"},
    {"setDefaultRWConcern", "", kAdminOnly | kWrites, run_set_default_rw_concern, nullptr,
     "sets the concerns of commands that name none"},
    {"setParameter", "", kAdminOnly, run_set_parameter, nullptr, "changes parameters"},
    {"shutdown", "", kAdminOnly, run_shutdown, nullptr, "ends the server"},
    {"startSession", "", kNoSession, run_start_session, nullptr, "begins a logical session"},
    {"testVersion2", "", kTestOnly, run_ping, nullptr, "no part of API version 1"},
    {"top", "", kAdminOnly, run_top, nullptr, "use by collection"},
    {"update", "", kWrites | kNoCount | kStableApi | kInTransaction | kRetryable, nullptr,
     start_update, "changes documents"},
    {"validate", "", kWorker, run_validate, nullptr, "checks a collection against its indexes"},
    {"whatsmyuri", "", kNoSession, run_whats_my_uri, nullptr, "the client's own address"},
};

constexpr bool sorted() {
  for (std::size_t i = 1; i < std::size(kTable); ++i) {
    if (!(kTable[i - 1].name < kTable[i].name)) return false;
  }
  return true;
}
static_assert(sorted(), "rows are found by binary search");

}  // namespace

std::span<const CommandRow> command_table() {
  return kTable;
}

const CommandRow* find_command(std::string_view name) {
  const auto* at =
      std::lower_bound(std::begin(kTable), std::end(kTable), name,
                       [](const CommandRow& row, std::string_view n) { return row.name < n; });
  if (at != std::end(kTable) && at->name == name) return at;
  for (const CommandRow& row : kTable) {
    if (!row.alias.empty() && row.alias == name) return &row;
  }
  return nullptr;
}

}  // namespace freshet::command

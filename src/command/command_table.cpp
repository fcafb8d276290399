// SPDX-License-Identifier: Apache-2.0
#include "command/command_table.h"

#include <algorithm>
#include <iterator>

#include "command/commands.h"

namespace freshet::command {
namespace {

// Sorted by name, ignoring case nowhere: MongoDB's names are case-sensitive.
constexpr CommandRow kTable[] = {
    {"aggregate", "", kReads | kStableApi, nullptr, start_aggregate, "runs an aggregation pipeline or opens a change stream"},
    {"buildInfo", "buildinfo", kHandshake, run_build_info, nullptr, "version of the server"},
    {"collMod", "", kWrites | kWorker | kStableApi, run_coll_mod, nullptr, "changes options of a collection or index"},
    {"connectionStatus", "", kNoFlags, run_connection_status, nullptr, "who is logged in on this connection"},
    {"count", "", kReads | kStableApi, nullptr, start_count, "counts documents"},
    {"create", "", kWrites | kStableApi, run_create, nullptr, "creates a collection or view"},
    {"createIndexes", "", kWrites | kWorker | kStableApi, run_create_indexes, nullptr, "builds indexes"},
    {"delete", "", kWrites | kNoCount | kStableApi, nullptr, start_delete, "deletes documents"},
    {"distinct", "", kReads, nullptr, start_distinct, "different values of a field"},
    {"drop", "", kWrites | kWorker | kStableApi, run_drop, nullptr, "drops a collection"},
    {"dropDatabase", "", kWrites | kWorker | kStableApi, run_drop_database, nullptr, "drops a database"},
    {"dropIndexes", "deleteIndexes", kWrites | kWorker | kStableApi, run_drop_indexes, nullptr, "drops indexes"},
    {"endSessions", "", kStableApi, run_end_sessions, nullptr, "ends logical sessions"},
    {"explain", "", kReads | kWorker | kStableApi, run_explain, nullptr, "how a command reaches its documents"},
    {"find", "", kReads | kNoCount | kStableApi, nullptr, start_find, "queries a collection"},
    {"findAndModify", "findandmodify", kWrites | kStableApi, nullptr, start_find_and_modify,
     "changes one document and returns it"},
    {"getMore", "", kNoCount | kOwnMaxTime | kStableApi, nullptr, start_get_more, "next batch of a cursor"},
    {"hello", "", kHandshake | kOwnMaxTime | kStableApi, nullptr, start_hello, "who this server is"},
    {"insert", "", kWrites | kNoCount | kStableApi, nullptr, start_insert, "inserts documents"},
    {"isMaster", "ismaster", kHandshake | kOwnMaxTime, nullptr, start_is_master, "who this server is, the old way"},
    {"killAllSessions", "", kNoFlags, run_kill_all_sessions, nullptr, "kills sessions of users"},
    {"killAllSessionsByPattern", "", kNoFlags, run_kill_all_sessions_by_pattern, nullptr, "kills sessions by pattern"},
    {"killCursors", "", kStableApi, run_kill_cursors, nullptr, "closes cursors"},
    {"killSessions", "", kNoFlags, run_kill_sessions, nullptr, "kills sessions"},
    {"listCollections", "", kReads | kStableApi, run_list_collections, nullptr, "collections of a database"},
    {"listDatabases", "", kAdminOnly | kReads | kStableApi, run_list_databases, nullptr, "databases and their sizes"},
    {"listIndexes", "", kReads | kStableApi, run_list_indexes, nullptr, "indexes of a collection"},
    {"logout", "", kNoFlags, run_logout, nullptr, "ends the login of this connection"},
    {"ping", "", kHandshake | kStableApi, run_ping, nullptr, "answers"},
    {"refreshSessions", "", kStableApi, run_refresh_sessions, nullptr, "keeps logical sessions alive"},
    {"renameCollection", "", kAdminOnly | kWrites | kWorker, run_rename_collection, nullptr, "renames a collection"},
    {"startSession", "", kNoFlags, run_start_session, nullptr, "begins a logical session"},
    {"update", "", kWrites | kNoCount | kStableApi, nullptr, start_update, "changes documents"},
    {"validate", "", kWorker, run_validate, nullptr, "checks a collection against its indexes"},
    {"whatsmyuri", "", kNoFlags, run_whats_my_uri, nullptr, "the client's own address"},
};

constexpr bool sorted() {
  for (std::size_t i = 1; i < std::size(kTable); ++i) {
    if (!(kTable[i - 1].name < kTable[i].name)) return false;
  }
  return true;
}
static_assert(sorted(), "rows are found by binary search");

}  // namespace

std::span<const CommandRow> command_table() { return kTable; }

const CommandRow* find_command(std::string_view name) {
  const auto* at = std::lower_bound(std::begin(kTable), std::end(kTable), name,
                                    [](const CommandRow& row, std::string_view n) { return row.name < n; });
  if (at != std::end(kTable) && at->name == name) return at;
  for (const CommandRow& row : kTable) {
    if (!row.alias.empty() && row.alias == name) return &row;
  }
  return nullptr;
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// Where each command begins; command_table.cpp gives them their names. One file per command, or per
// family of one-liners.
#pragma once

#include <memory>

#include "bson/builder.h"
#include "command/context.h"

namespace freshet::command {

inline constexpr std::size_t kApplicationNameBytesMax = 128;

// Data.
std::unique_ptr<Work> start_aggregate(CommandContext& context);
std::unique_ptr<Work> start_bulk_write(CommandContext& context);
std::unique_ptr<Work> start_count(CommandContext& context);
std::unique_ptr<Work> start_create_indexes(CommandContext& context);
std::unique_ptr<Work> start_delete(CommandContext& context);
std::unique_ptr<Work> start_distinct(CommandContext& context);
std::unique_ptr<Work> start_find(CommandContext& context);
std::unique_ptr<Work> start_find_and_modify(CommandContext& context);
std::unique_ptr<Work> start_get_more(CommandContext& context);
std::unique_ptr<Work> start_insert(CommandContext& context);
std::unique_ptr<Work> start_update(CommandContext& context);
void run_explain(CommandContext& context, bson::Builder& reply);
void run_kill_cursors(CommandContext& context, bson::Builder& reply);

// Transactions.
std::unique_ptr<Work> start_commit_transaction(CommandContext& context);
void run_abort_transaction(CommandContext& context, bson::Builder& reply);

// Catalogue.
void run_coll_mod(CommandContext& context, bson::Builder& reply);
void run_clone_collection_as_capped(CommandContext& context, bson::Builder& reply);
void run_convert_to_capped(CommandContext& context, bson::Builder& reply);
void run_create(CommandContext& context, bson::Builder& reply);
void run_drop(CommandContext& context, bson::Builder& reply);
void run_drop_database(CommandContext& context, bson::Builder& reply);
void run_drop_indexes(CommandContext& context, bson::Builder& reply);
void run_list_collections(CommandContext& context, bson::Builder& reply);
void run_list_databases(CommandContext& context, bson::Builder& reply);
void run_list_indexes(CommandContext& context, bson::Builder& reply);
void run_rename_collection(CommandContext& context, bson::Builder& reply);
void run_validate(CommandContext& context, bson::Builder& reply);

// Connections and sessions.
std::unique_ptr<Work> start_hello(CommandContext& context);
std::unique_ptr<Work> start_is_master(CommandContext& context);
void run_build_info(CommandContext& context, bson::Builder& reply);
void run_connection_status(CommandContext& context, bson::Builder& reply);
void run_end_sessions(CommandContext& context, bson::Builder& reply);
void run_kill_all_sessions(CommandContext& context, bson::Builder& reply);
void run_kill_all_sessions_by_pattern(CommandContext& context, bson::Builder& reply);
void run_kill_sessions(CommandContext& context, bson::Builder& reply);
void run_logout(CommandContext& context, bson::Builder& reply);
void run_ping(CommandContext& context, bson::Builder& reply);
void run_refresh_sessions(CommandContext& context, bson::Builder& reply);
void run_start_session(CommandContext& context, bson::Builder& reply);
void run_whats_my_uri(CommandContext& context, bson::Builder& reply);

// Diagnostics and administration.
void run_coll_stats(CommandContext& context, bson::Builder& reply);
void run_compact(CommandContext& context, bson::Builder& reply);
void run_configure_fail_point(CommandContext& context, bson::Builder& reply);
void run_conn_pool_stats(CommandContext& context, bson::Builder& reply);
void run_current_op(CommandContext& context, bson::Builder& reply);
void run_data_size(CommandContext& context, bson::Builder& reply);
void run_db_stats(CommandContext& context, bson::Builder& reply);
std::unique_ptr<Work> start_fsync(CommandContext& context);
void run_freshet_backup(CommandContext& context, bson::Builder& reply);
void run_freshet_streams(CommandContext& context, bson::Builder& reply);
void run_get_cluster_parameter(CommandContext& context, bson::Builder& reply);
void run_get_cmd_line_opts(CommandContext& context, bson::Builder& reply);
void run_get_default_rw_concern(CommandContext& context, bson::Builder& reply);
void run_get_log(CommandContext& context, bson::Builder& reply);
void run_get_parameter(CommandContext& context, bson::Builder& reply);
void run_host_info(CommandContext& context, bson::Builder& reply);
void run_kill_op(CommandContext& context, bson::Builder& reply);
void run_list_commands(CommandContext& context, bson::Builder& reply);
void run_lock_info(CommandContext& context, bson::Builder& reply);
void run_log_rotate(CommandContext& context, bson::Builder& reply);
void run_plan_cache_clear(CommandContext& context, bson::Builder& reply);
void run_profile(CommandContext& context, bson::Builder& reply);
void run_re_index(CommandContext& context, bson::Builder& reply);
void run_repl_set_freeze(CommandContext& context, bson::Builder& reply);
void run_repl_set_get_config(CommandContext& context, bson::Builder& reply);
void run_repl_set_get_status(CommandContext& context, bson::Builder& reply);
void run_repl_set_initiate(CommandContext& context, bson::Builder& reply);
void run_repl_set_step_down(CommandContext& context, bson::Builder& reply);
void run_server_status(CommandContext& context, bson::Builder& reply);
void run_set_cluster_parameter(CommandContext& context, bson::Builder& reply);
void run_set_default_rw_concern(CommandContext& context, bson::Builder& reply);
void run_set_parameter(CommandContext& context, bson::Builder& reply);
void run_shutdown(CommandContext& context, bson::Builder& reply);
void run_top(CommandContext& context, bson::Builder& reply);

}  // namespace freshet::command

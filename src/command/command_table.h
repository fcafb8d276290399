// SPDX-License-Identifier: Apache-2.0
// Every command the server speaks: one row each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "command/context.h"

namespace freshet::command {

enum CommandFlags : std::uint32_t {
  kNoFlags = 0,
  kWrites = 1U << 0,            ///< takes a write concern; the reply may wait for durability
  kReads = 1U << 1,             ///< takes a read concern
  kAdminOnly = 1U << 2,         ///< only on the admin database (13 otherwise)
  kWorker = 1U << 3,            ///< always runs on a worker: may take long
  kHandshake = 1U << 4,         ///< allowed over OP_QUERY
  kNoCount = 1U << 5,           ///< not counted as a command (data operations count on their own)
  kStableApi = 1U << 6,         ///< part of Stable API version 1
  kOwnMaxTime = 1U << 7,        ///< maxTimeMS means something of its own (getMore's wait, hello)
  kTestOnly = 1U << 8,          ///< there only with enableTestCommands
  kInTransaction = 1U << 9,     ///< may be a statement of a multi-document transaction
  kEndsTransaction = 1U << 10,  ///< commitTransaction, abortTransaction
  kRetryable = 1U << 11,        ///< a retryable write
  kSnapshot = 1U << 12,         ///< takes readConcern snapshot outside transactions
  kNoSession = 1U << 13,        ///< belongs to no session: refuses a transaction number
  kPrompt = 1U << 14,           ///< kWorker, and on one that is free: tells what the others do
};

/// Exactly one of `run` and `start` is set.
struct CommandRow {
  std::string_view name;   ///< as documented
  std::string_view alias;  ///< second accepted spelling, or empty
  std::uint32_t flags;
  void (*run)(CommandContext&, bson::Builder& reply);
  std::unique_ptr<Work> (*start)(CommandContext&);
  std::string_view help;  ///< one line for listCommands
};

/// Sorted by name.
std::span<const CommandRow> command_table();
/// By name or alias; null when there is none.
const CommandRow* find_command(std::string_view name);

}  // namespace freshet::command

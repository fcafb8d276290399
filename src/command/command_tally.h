// SPDX-License-Identifier: Apache-2.0
// How often each command was asked for, and how often it failed: metrics.commands of serverStatus.
#pragma once

#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "command/counter.h"

namespace freshet::command {

struct CommandRow;

/// One pair of counters for each row of the command table. Thread-safe.
class CommandTally {
 public:
  CommandTally();

  /// Requires: `row` is a row of command_table().
  void count(const CommandRow& row) noexcept;
  void count_failure(const CommandRow& row) noexcept;
  /// Counts a command that is not in the table.
  void count_unknown() noexcept { unknown_.add(); }

  /// Appends {"<UNKNOWN>": n, name: {failed: n, total: n}, …} as `name`.
  void append_to(bson::Builder& out, std::string_view name) const;

 private:
  struct Pair {
    Counter failed;
    Counter total;
  };
  Counter unknown_;
  std::vector<Pair> rows_;  // as in the table; never grows
};

}  // namespace freshet::command

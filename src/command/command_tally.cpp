// SPDX-License-Identifier: Apache-2.0
#include "command/command_tally.h"

#include <cstddef>

#include "command/command_table.h"

namespace freshet::command {
namespace {

std::size_t index_of(const CommandRow& row) {
  return static_cast<std::size_t>(&row - command_table().data());
}

}  // namespace

CommandTally::CommandTally() : rows_(command_table().size()) {}

void CommandTally::count(const CommandRow& row) noexcept {
  rows_[index_of(row)].total.add();
}

void CommandTally::count_failure(const CommandRow& row) noexcept {
  rows_[index_of(row)].failed.add();
}

void CommandTally::append_to(bson::Builder& out, std::string_view name) const {
  out.open_document(name).add("<UNKNOWN>", unknown_.value());
  for (const CommandRow& row : command_table()) {
    const Pair& pair = rows_[index_of(row)];
    out.open_document(row.name).add("failed", pair.failed.value());
    out.add("total", pair.total.value()).close();
  }
  out.close();
}

}  // namespace freshet::command

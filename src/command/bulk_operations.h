// SPDX-License-Identifier: Apache-2.0
// The operations of a bulkWrite command as read from its two lists.
#pragma once

#include <cstdint>
#include <vector>

#include "bson/view.h"
#include "command/delete_statement.h"
#include "command/update_statement.h"
#include "model/namespace.h"

namespace freshet::command {

/// One entry of `ops`. Views borrow the command.
struct BulkOperation {
  enum class Kind : std::uint8_t { Insert, Update, Delete };
  Kind kind = Kind::Insert;
  std::size_t ns = 0;      ///< position in BulkOperations::namespaces
  bson::View document;     ///< of an insert
  UpdateStatement update;  ///< of an update
  DeleteStatement remove;  ///< of a delete

  bool is_multi() const { return update.multi || remove.multi; }
};

struct BulkOperations {
  std::vector<model::Namespace> namespaces;
  std::vector<BulkOperation> list;
};

/// Throws MongoDB's codes for what is no operation, or names no namespace.
BulkOperations read_bulk_operations(const std::vector<bson::View>& ops,
                                    const std::vector<bson::View>& ns_info);

}  // namespace freshet::command

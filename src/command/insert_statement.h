// SPDX-License-Identifier: Apache-2.0
// The insert of one document after another into one collection.
#pragma once

#include <optional>

#include "bson/view.h"
#include "command/write_statement.h"

namespace freshet::command {

/// Keeps its writer from statement to statement of a unit. Not thread-safe.
class InsertRunner {
 public:
  /// Creates the collection when it is missing.
  StatementStatus run(const StatementScope& scope, bson::View document,
                      collection::StatementResult& result);
  /// The unit has ended, well or not.
  void unit_ended() { writer_.reset(); }

 private:
  std::optional<collection::Writer> writer_;
};

}  // namespace freshet::command

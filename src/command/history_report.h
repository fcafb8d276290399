// SPDX-License-Identifier: Apache-2.0
// The window of history that streams can be resumed in, as serverStatus, replSetGetStatus and
// freshetStreams tell it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "command/services.h"

namespace freshet::command {

/// Appends the document `name`.
void append_history(const CommandServices& services, std::string_view name, bson::Builder& out);

/// Says in the log, once for each, which open streams are about to lose what they have still to
/// read, and counts them. Not thread-safe.
class HistoryWatch {
 public:
  /// Requires: `services` outlives this.
  explicit HistoryWatch(CommandServices& services) : services_(services) {}
  /// Call about every second.
  void check();

 private:
  CommandServices& services_;
  std::vector<std::int64_t> warned_;  // cursor ids, sorted; of those that are still in danger
};

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// What getParameter shows and setParameter may change.
#pragma once

#include <string_view>

#include "bson/builder.h"
#include "bson/view.h"

namespace freshet {
struct Limits;
}

namespace freshet::command {

/// Thread-safe: nothing here changes while serving.
class Parameters {
 public:
  /// Requires: `limits` outlives this.
  explicit Parameters(const Limits& limits, bool test_commands = false)
      : limits_(limits), test_commands_(test_commands) {}

  /// enableTestCommands: commands that only tests need are there.
  bool test_commands() const { return test_commands_; }

  /// Appends one parameter; false when there is none of that name.
  [[nodiscard]] bool append(std::string_view name, bson::Builder& out) const;
  void append_all(bson::Builder& out) const;
  /// Throws InvalidOptions (72) for an unknown name, IllegalOperation (20) for one that is set at
  /// start only.
  void set(std::string_view name, bson::ValueView value) const;

 private:
  const Limits& limits_;
  const bool test_commands_;
};

}  // namespace freshet::command

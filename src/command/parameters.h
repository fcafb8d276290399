// SPDX-License-Identifier: Apache-2.0
// What getParameter shows and setParameter may change.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "bson/builder.h"
#include "bson/view.h"

namespace freshet {
struct Limits;
}

namespace freshet::command {

/// A parameter that may be changed while the server runs: a whole number that somebody else keeps.
struct Setting {
  std::string_view name;
  std::int64_t min;
  std::int64_t max;
  std::function<std::int64_t()> get;
  std::function<void(std::int64_t)> set;
};

/// Thread-safe once everything was added.
class Parameters {
 public:
  /// Requires: `limits` outlives this.
  explicit Parameters(const Limits& limits, bool test_commands = false)
      : limits_(limits), test_commands_(test_commands) {}

  /// Before the first command.
  void add(Setting setting) { settings_.push_back(std::move(setting)); }

  /// enableTestCommands: commands that only tests need are there.
  bool test_commands() const { return test_commands_; }

  /// Appends one parameter; false when there is none of that name.
  [[nodiscard]] bool append(std::string_view name, bson::Builder& out) const;
  void append_all(bson::Builder& out) const;
  /// Changes it and appends what it was (`was`). Throws InvalidOptions (72) for an unknown name,
  /// IllegalOperation (20) for one that is set at start only, BadValue (2) for a value out of range.
  void set(std::string_view name, bson::ValueView value, bson::Builder& reply);

  /// What a command that does not say allowDiskUse gets.
  bool allow_disk_use_by_default() const { return allow_disk_use_by_default_.load(); }

 private:
  const Limits& limits_;
  const bool test_commands_;
  std::vector<Setting> settings_;
  std::atomic<bool> allow_disk_use_by_default_{true};
};

}  // namespace freshet::command

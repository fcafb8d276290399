// SPDX-License-Identifier: Apache-2.0
// What getParameter shows and setParameter may change.
#pragma once

#include <atomic>
#include <string_view>

#include "bson/builder.h"
#include "bson/view.h"

namespace freshet {
struct Limits;
}

namespace freshet::command {

/// Thread-safe.
class Parameters {
 public:
  /// Requires: `limits` outlives this.
  explicit Parameters(const Limits& limits) : limits_(limits) {}

  /// Appends one parameter; false when there is none of that name.
  [[nodiscard]] bool append(std::string_view name, bson::Builder& out) const;
  void append_all(bson::Builder& out) const;
  /// Changes it and appends what it was (`was`). Throws InvalidOptions (72) for an unknown name,
  /// IllegalOperation (20) for one that is set at start only.
  void set(std::string_view name, bson::ValueView value, bson::Builder& reply);

  /// What a command that does not say allowDiskUse gets.
  bool allow_disk_use_by_default() const { return allow_disk_use_by_default_.load(); }

 private:
  const Limits& limits_;
  std::atomic<bool> allow_disk_use_by_default_{true};
};

}  // namespace freshet::command

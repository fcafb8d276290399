// SPDX-License-Identifier: Apache-2.0
// The unit that a write command works in: one of its own, or that of the transaction whose
// statement it is.
#pragma once

#include <optional>

#include "base/error.h"
#include "collection/data.h"
#include "collection/write_unit.h"
#include "command/context.h"
#include "session/open_transaction.h"

namespace freshet::command {

/// Used like a pointer; null until begin(), and after drop().
class CommandUnit {
 public:
  explicit operator bool() const { return unit_ != nullptr; }
  collection::WriteUnit& operator*() const { return *unit_; }
  collection::WriteUnit* operator->() const { return unit_; }

  void begin(CommandContext& context) {
    drop();
    if (context.transaction) {
      unit_ = &context.transaction->unit();
    } else {
      unit_ = &own_.emplace(context.services.data.begin());
    }
  }
  /// The unit is the command's own, which commits it, and begins another when it has to.
  bool is_own() const { return own_.has_value(); }
  /// Takes a unit of the command's own back.
  void drop() {
    unit_ = nullptr;
    own_.reset();
  }

 private:
  std::optional<collection::WriteUnit> own_;
  collection::WriteUnit* unit_ = nullptr;
};

/// Throws what a key that is held or was changed means inside a transaction.
[[noreturn]] inline void raise_write_conflict() {
  raise(ErrorCode::WriteConflict,
        "Write conflict during the execution of a statement of a transaction; the transaction can "
        "be begun again");
}

}  // namespace freshet::command

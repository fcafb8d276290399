// SPDX-License-Identifier: Apache-2.0
// What the fail points do to one request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "command/context.h"
#include "command/fail_points.h"

namespace freshet::command {

/// Owned by its request. While no fail point is set, each member costs a comparison.
class RequestFault {
 public:
  /// Asks whether a fail point concerns the command; once for each of its replies.
  void arm(const CommandContext& context);

  /// The command is held back until then.
  std::optional<SteadyTime> held_until() const { return held_until_; }
  /// Before the command runs: throws the error it shall fail with; true when the connection is to
  /// be closed instead.
  bool strikes_before(const CommandContext& context) const;
  /// After it ran: true when the connection is to be closed without a reply.
  static bool strikes_after(const CommandContext& context);

  /// The error is made up: the server's state did not change, whatever the code says.
  bool is_made_up() const { return command_ && command_->error; }
  /// What the reply has instead of the server's own labels; null: nothing instead.
  const std::vector<std::string>* labels() const;
  /// BSON to be attached to the reply as writeConcernError; empty: nothing.
  std::string_view write_concern_error() const;

 private:
  FailPointDataPtr command_;
  std::optional<SteadyTime> held_until_;
};

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// One request from its bytes to its reply: finds the command, runs it, waits where it must, frames
// what came out.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "command/command_table.h"
#include "command/context.h"
#include "command/exchange.h"
#include "command/request_fault.h"
#include "command/services.h"
#include "command/transaction_scope.h"

namespace freshet::command {

/// Made by the dispatcher. Registers its operation while it runs.
class Request final : public Exchange {
 public:
  Request(CommandServices& services, wire::Message message, std::shared_ptr<ClientState> client);
  ~Request() override;

  Step step() override;
  bool is_prompt() const override;
  Park park() override;
  std::string take_reply() override;
  std::function<void()> take_afterwards() override;
  bool more_to_come() const override { return exhaust_; }
  void interrupt(ErrorCode code) noexcept override { operation_.interrupt(code); }

 private:
  enum class State : std::uint8_t {
    Fresh,
    Held,       // by a fail point
    AwaitRead,  // a moment that the client knows of
    AwaitRoom,  // in the log that is not durable yet
    AwaitTurn,  // another command of the session
    Running,
    AwaitDurable,
    Finished,
  };

  Step advance();
  void open();
  const CommandRow* find_row(std::string_view name) const;
  bool must_hold() const;
  bool must_await_read();
  bool must_await_room();
  void end_park();
  bool moves_to_worker();
  bool wants_worker();
  Progress run();
  void leave_session();
  bool writes() const;
  bool must_await_durable();
  Step finish();
  Step close();
  void write_error(Error error);
  void append_labels(const std::vector<std::string_view>& labels);
  bool gave_up_waiting();
  Park current_wait();
  void check_write_concern();
  void append_write_concern_error(ErrorCode code, std::string_view message, bool timed_out);
  void register_operation();
  void unregister_operation();
  model::ClusterTime operation_time() const;

  CommandServices& services_;
  wire::Message message_;
  std::shared_ptr<ClientState> client_;  // shared with the connection, which may close while we run
  Operation operation_;
  std::optional<CommandContext> context_;
  std::unique_ptr<Work> work_;
  std::string reply_;
  std::optional<wire::MessageWriter> writer_;
  State state_ = State::Fresh;
  model::ClusterTime awaited_read_;      // to be visible before the command runs
  model::ClusterTime durable_position_;  // to be visible before the reply goes
  std::optional<SteadyTime> durable_deadline_;
  RequestFault fault_;
  TransactionScope scope_;
  bool exhaust_ = false;
  bool registered_ = false;
  bool yielded_ = false;              // in the last step
  bool parked_ = false;               // as the registry knows it
  std::optional<bool> wants_worker_;  // once that was found out
  std::int32_t response_to_;
};

}  // namespace freshet::command

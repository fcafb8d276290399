// SPDX-License-Identifier: Apache-2.0
// One command at work: its request, its operation, and what its reply must carry.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/operation.h"
#include "base/park.h"
#include "bson/builder.h"
#include "bson/view.h"
#include "catalog/definitions.h"
#include "command/client_state.h"
#include "command/services.h"
#include "model/cluster_time.h"
#include "model/namespace.h"
#include "model/read_concern.h"
#include "model/session_id.h"
#include "model/write_concern.h"
#include "pipeline/fixed_view.h"
#include "wire/message.h"

namespace freshet::session {
class OpenTransaction;
class TransactionUse;
}  // namespace freshet::session

namespace freshet::command {

struct CommandRow;

/// What a command came to, for the profiler. -1: says nothing of this command.
struct CommandCounts {
  std::int64_t keys_examined = -1;
  std::int64_t documents_examined = -1;
  std::int64_t returned = -1;
  std::int64_t inserted = -1;
  std::int64_t matched = -1;
  std::int64_t modified = -1;
  std::int64_t deleted = -1;
  std::string plan_summary;  ///< "IXSCAN { a: 1 }"; only while the profiler wants it
};

/// Lives as long as its exchange. Used by one thread at a time.
struct CommandContext {
  CommandServices& services;
  ClientState& client;
  Operation& op;
  const wire::Message& message;  ///< for document sequences; owns the bytes of `body`
  bson::View body;
  std::string_view db;
  const CommandRow& row;

  model::ReadConcern read_concern;
  bool read_level_by_default = false;  ///< the client named no level, an operator did
  model::WriteConcern write_concern;
  std::optional<model::SessionId> session;
  std::optional<std::int64_t> txn_number;
  bool in_transaction = false;     ///< autocommit: false came with it
  bool start_transaction = false;  ///< and it is the first
  bool strict_api = false;         ///< apiStrict: nothing that is not part of API version 1
  std::optional<std::int64_t> max_time_ms;
  bool on_worker = false;  ///< true once a worker runs the command: it may take long and block

  /// The transaction that the command is a statement of; null outside, and for a commit that is sent
  /// again. Shared with the session's table and with cursors.
  std::shared_ptr<session::OpenTransaction> transaction = nullptr;
  session::TransactionUse* transaction_use = nullptr;  ///< the request's, inside transactions
  bool transaction_failed = false;  ///< a statement failed and its reply says so: abort
  /// What its reads see, where that is no moment of the command's own.
  std::optional<pipeline::FixedView> view = std::nullopt;
  model::ClusterTime at_cluster_time = {};  ///< of a snapshot read outside transactions; else zero

  /// A write that the client sends again when it gets no answer.
  bool is_retryable_write() const { return txn_number.has_value() && !in_transaction; }

  /// operationTime of the reply; zero means the last applied position.
  model::ClusterTime operation_time;
  /// Of the last commit the command made: a durable write concern waits until it is visible. Zero
  /// means that nothing was written, and then the wait is for the last applied position.
  model::ClusterTime durable_position;
  /// The collection that it works on, once known. Shared: it may be dropped meanwhile.
  std::shared_ptr<catalog::CollectionRuntime> used = nullptr;
  CommandCounts counts = {};
  /// A getMore of a change stream: its errors are labelled when the stream can be resumed.
  bool on_change_stream = false;
  /// It wrote although its row does not say so: an aggregate that ends in $out or $merge.
  bool writes = false;
  /// What the worker that runs it may do when the reply is on its way; empty: nothing. Needs nothing of
  /// the command any more.
  std::function<void()> afterwards = nullptr;
  /// Exhaust: another reply follows without a request.
  bool more_to_come = false;

  /// The command's first value, which must be a string that names a collection; throws
  /// `wrong_type` for what is no string, InvalidNamespace (73) for what is no name.
  model::Namespace collection_namespace(ErrorCode wrong_type = ErrorCode::InvalidNamespace) const;
  /// The documents of a kind-1 sequence or of the array field of the same name, in order.
  std::vector<bson::View> documents(std::string_view field) const;
};

/// What one step of a command came to; see Step. Nothing interrupts a command that yields.
enum class [[nodiscard]] Progress : std::uint8_t{Done, Parked, Yield, NeedWorker};

/// A command that may have to wait: it keeps its own state between steps.
class Work {
 public:
  virtual ~Work() = default;
  /// Writes the reply's own fields into `reply` and returns Done, or waits. `reply` is the same
  /// object at every step, and what was written before a wait stays. Throws Error to fail the
  /// command: what was written is then dropped.
  virtual Progress step(CommandContext& context, bson::Builder& reply) = 0;
  /// Requires: the last step returned Parked.
  virtual Park park(CommandContext& context) = 0;
  /// Once the last step returned NeedWorker: on one that is free, as a command with kPrompt.
  virtual bool is_prompt() const { return false; }
};

}  // namespace freshet::command

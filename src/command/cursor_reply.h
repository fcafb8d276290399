// SPDX-License-Identifier: Apache-2.0
// The `cursor` field of a reply: its documents, its id, and whether the cursor lives on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "command/arguments.h"
#include "command/context.h"
#include "cursor/batch.h"
#include "cursor/registry.h"
#include "cursor/source.h"
#include "model/namespace.h"

namespace freshet::command {

/// Fills one batch and writes it; keeps its place across waits. Not thread-safe.
class CursorReply {
 public:
  enum class Kind : std::uint8_t { First, Next };

  /// `pin` is a cursor in use by this command.
  CursorReply(Kind kind, cursor::CursorPin pin, cursor::BatchLimits limits);
  /// The only batch: whatever is left is dropped, and there never is a cursor.
  CursorReply(cursor::SourcePtr source, model::Namespace ns, cursor::BatchLimits limits);

  /// A batch that may stay empty until then; absence answers at once.
  void set_wait(std::optional<SteadyTime> until) { wait_until_ = until; }

  Progress step(CommandContext& context, bson::Builder& reply);
  Park park();
  /// After Done: did the cursor end with this reply?
  bool cursor_ended() const { return ended_; }

 private:
  cursor::Source& source() { return only_ ? *only_ : pin_.source(); }
  Progress finish(CommandContext& context, bson::Builder& reply, cursor::FillResult result);
  void add_cursor(CommandContext& context, bson::Builder& reply, std::int64_t id);
  void give_back(CommandContext& context, bool close);

  const Kind kind_;
  cursor::CursorPin pin_;           // empty: there is no cursor, but
  cursor::SourcePtr only_;          // what the only batch is drawn from, and
  const model::Namespace only_ns_;  // what it is said to belong to
  const cursor::BatchLimits limits_;
  bool ended_ = false;
  std::optional<SteadyTime> wait_until_;
  std::optional<cursor::Batch> batch_;  // open in the reply
};

/// The number of documents of a first batch: what the command says, else 101.
cursor::BatchLimits first_batch_limits(const CommandContext& context,
                                       std::optional<std::int64_t> batch_size);
/// The batchSize in a `cursor: {batchSize}` field.
std::optional<std::int64_t> read_cursor_batch_size(const Field& field);
/// Who may use the cursor a command opens.
cursor::CursorUser cursor_user(const CommandContext& context);
cursor::CursorParams cursor_params(const CommandContext& context, model::Namespace ns,
                                   bool no_timeout = false);

/// A whole cursor reply with id 0 out of documents at hand (listCollections, listIndexes, …); more
/// than fit into one batch stay in a cursor.
void append_documents_cursor(CommandContext& context, bson::Builder& reply, model::Namespace ns,
                             std::vector<std::string> documents,
                             std::optional<std::int64_t> batch_size);

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// One request on its way to a reply: what the edge sees of a command. It never sleeps; where it
// must wait it parks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/operation.h"
#include "base/park.h"
#include "wire/message.h"

namespace freshet::command {

/// What one step came to.
enum class [[nodiscard]] Step : std::uint8_t{
    Reply,       ///< take_reply() has the whole message, header included
    NoReply,     ///< nothing is to be sent (moreToCome requests)
    Parked,      ///< park() says what to wait for; step() again then
    Yield,       ///< step() again when this thread's other messages have been looked at
    NeedWorker,  ///< too long for the connection's thread: step() again on a worker
    Close,       ///< close the connection; a reply may still be there to be sent first
};

/// Owned by its connection. step() runs on one thread at a time; interrupt() may come from any
/// thread.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// Runs until the reply stands or there is something to wait for. Never throws: errors become
  /// replies.
  virtual Step step() = 0;
  /// After NeedWorker: it tells what the server does, and must not wait until that is done.
  virtual bool is_prompt() const = 0;
  /// Requires: the last step returned Parked.
  virtual Park park() = 0;
  /// Finished wire bytes. For exhaust replies the exchange goes on: see more_to_come().
  virtual std::string take_reply() = 0;
  /// What a worker may do when the reply is on its way, to have it ready for the next request; empty:
  /// nothing. It needs nothing of the exchange, and may be dropped.
  virtual std::function<void()> take_afterwards() = 0;
  /// True after a reply that announced another one without a request (exhaust): step() again after
  /// sending.
  virtual bool more_to_come() const = 0;
  /// The client hung up or the server goes down: the running step ends at its next check.
  virtual void interrupt(ErrorCode code) noexcept = 0;
};

/// What commands know and remember of their connection: handshake metadata, compressors,
/// authentication. Owned by the connection, used by one exchange at a time.
class ClientState;

/// The way in for the edge. Thread-safe.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  /// A new connection from `address` ("ip:port").
  virtual std::shared_ptr<ClientState> connect(std::int64_t connection_id,
                                               const std::string& address) = 0;
  /// The connection is gone.
  virtual void disconnect(ClientState& client) noexcept = 0;
  /// The error reply to a message whose frame was whole but whose content was not
  /// (DecodeResult::recoverable).
  virtual std::string refuse(const wire::DecodeResult& result) = 0;
  /// A decoded request. Requires: the message owns its bytes (make_owned()), which the exchange
  /// keeps from now on.
  virtual std::unique_ptr<Exchange> accept(wire::Message message,
                                           std::shared_ptr<ClientState> client) = 0;
};

}  // namespace freshet::command

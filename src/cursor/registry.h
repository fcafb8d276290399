// SPDX-License-Identifier: Apache-2.0
// Every open cursor of the server by its id: who may use it, who is using it, when it expires.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error_code.h"
#include "base/wait.h"
#include "cursor/source.h"
#include "model/cluster_time.h"
#include "model/namespace.h"
#include "model/session_id.h"

namespace freshet {
class Random;
struct ClientInfo;
struct Limits;
}  // namespace freshet

namespace freshet::cursor {

class Registry;
struct Cursor;

/// On whose behalf a cursor is opened or used.
struct CursorUser {
  std::optional<model::SessionId> session;
  std::optional<std::int64_t> txn_number;  ///< inside that transaction of the session
  std::string name;                        ///< empty without authentication
  /// Over which connection; null when nobody's. Shared with it, for listings only.
  std::shared_ptr<const ClientInfo> client = nullptr;
};

/// What a cursor is told at its birth; constant for its life.
struct CursorParams {
  model::Namespace ns;      ///< as replied; getMore must name it
  CursorUser user;          ///< getMore must come from the same session, transaction and user
  bool no_timeout = false;  ///< noCursorTimeout: idleness does not end it
  model::ClusterTime at_cluster_time = {};  ///< of a snapshot read; zero: none
  std::string command;                      ///< the command that opened it, as BSON, for $currentOp
};

/// A cursor as listings show it.
struct CursorInfo {
  std::int64_t id = 0;
  CursorParams params;
  std::shared_ptr<const ClientInfo> client;      ///< who used it last; may be null
  std::optional<stream::StreamProgress> stream;  ///< of change streams
  bool pinned = false;
  bool tailable = false;
  bool await_data = false;
  std::int64_t created_wall_ms = 0;
  std::int64_t last_used_wall_ms = 0;
  std::int64_t batches = 0;
  std::int64_t documents = 0;
};

/// What serverStatus shows.
struct CursorStats {
  std::int64_t open_total = 0;
  std::int64_t open_pinned = 0;
  std::int64_t open_no_timeout = 0;
  std::int64_t streams_total = 0;   ///< of the open ones, change streams
  std::int64_t streams_pinned = 0;  ///< of the pinned ones
  std::int64_t timed_out = 0;       ///< since start
  std::int64_t total_opened = 0;    ///< since start
};

/// The exclusive use of one cursor by one command. Move-only; belongs to one command, whose thread
/// may change. Destroyed without release() it closes the cursor: a command that fails or whose
/// client is gone takes its cursor along.
class CursorPin {
 public:
  CursorPin() = default;
  ~CursorPin() { close(); }
  CursorPin(CursorPin&& other) noexcept;
  CursorPin& operator=(CursorPin&& other) noexcept;

  explicit operator bool() const { return cursor_ != nullptr; }
  std::int64_t id() const;
  const CursorParams& params() const;
  Source& source();

  /// Counts one batch that was handed out.
  void note_batch(std::int64_t documents);
  /// What is left of the time that the cursor's commands may take together; nothing: no limit.
  std::optional<SteadyTime::duration> time_left() const;
  void set_time_left(std::optional<SteadyTime::duration> left);
  /// The command is parked: kill() wakes `waker`.
  void set_waker(WakerPtr waker);
  /// True once somebody killed the cursor: the command ends with CursorKilled (237).
  bool killed() const;

  /// Gives the cursor back; it stays open unless it was killed meanwhile.
  void release() noexcept;
  /// Ends the cursor.
  void close() noexcept;

 private:
  friend class Registry;
  CursorPin(Registry& registry, Cursor& cursor) : registry_(&registry), cursor_(&cursor) {}

  Registry* registry_ = nullptr;
  Cursor* cursor_ = nullptr;  // stays in the registry as long as it is pinned
};

enum class [[nodiscard]] KillOutcome : std::uint8_t{Killed, NotFound};

/// Thread-safe. Must outlive every pin.
class Registry {
 public:
  /// Limits used: cursors_open_max, cursor_idle_ms_max. Everything passed outlives this.
  Registry(const Clock& clock, Random& random, const Limits& limits);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Registers a cursor and pins it. Throws OperationFailed (96) when too many are open.
  CursorPin open(SourcePtr source, CursorParams params);

  /// For getMore. Throws CursorNotFound (43) when there is no such cursor, Unauthorized (13) when
  /// it belongs to another namespace or user, Location50736 to 50741 when it belongs to another
  /// session or transaction, CursorInUse (12051) when another command uses it.
  CursorPin pin(std::int64_t id, const model::Namespace& ns, const CursorUser& user);

  /// Ends one cursor. One that is in use ends when its command notices.
  KillOutcome kill(std::int64_t id, const std::string& user_name);
  /// As kill(), for each cursor that `condition` accepts; returns how many. `condition` must not
  /// call the registry.
  std::size_t kill_if(const std::function<bool(const CursorInfo&)>& condition);
  /// Lets go what the cursor draws from and keeps the rest, so that whoever asks for it is told whose
  /// it was: for cursors of a transaction that is over.
  void retire(std::int64_t id);
  /// Ends every cursor of a session.
  std::size_t kill_session(const model::SessionId& session);

  /// Ends cursors that nobody used for cursor_idle_ms_max. Called now and then.
  std::size_t reap();

  std::vector<CursorInfo> list() const;
  /// Those alone that are change streams.
  std::vector<CursorInfo> list_streams() const;
  CursorStats stats() const;

 private:
  friend class CursorPin;
  void unpin(Cursor& cursor, bool close) noexcept;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::cursor

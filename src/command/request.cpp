// SPDX-License-Identifier: Apache-2.0
#include "command/request.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "command/command_end.h"
#include "command/error_labels.h"
#include "command/generic_arguments.h"
#include "command/identity.h"
#include "command/metrics.h"
#include "command/operation_registry.h"
#include "command/parameters.h"
#include "command/reply.h"
#include "command/role.h"
#include "command/short_write.h"
#include "session/registry.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

std::string_view database_of(const wire::Message& message) {
  if (message.is_query())
    return message.query_namespace.substr(0, message.query_namespace.find('.'));
  const bson::Element db = message.body["$db"];
  if (!db) raise(location(40571), "OP_MSG requests require a $db argument");
  if (!db.is_string())
    raise(location(40571), "expected string in '$db', found {}", bson::type_alias(db.type()));
  return db.as_string();
}

std::optional<SteadyTime> earlier(std::optional<SteadyTime> one, std::optional<SteadyTime> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

}  // namespace

Request::Request(CommandServices& services, wire::Message message,
                 std::shared_ptr<ClientState> client)
    : services_(services),
      message_(std::move(message)),
      client_(std::move(client)),
      operation_(services.clock, services.operations.next_id(), client_->info()),
      response_to_(message_.request_id) {
  operation_.set_memory_bytes_max(
      static_cast<std::size_t>(services.limits.command_memory_bytes_max));
}

Request::~Request() {
  unregister_operation();
}

Step Request::step() {
  try {
    return advance();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::ClientDisconnect) return close();
    write_error(error);
  } catch (const std::bad_alloc&) {
    write_error(Error(ErrorCode::ExceededMemoryLimit, "not enough memory for this command"));
  } catch (const std::exception& error) {
    services_.log.error("COMMAND", "a command failed in an unexpected way",
                        {{"error", error.what()}});
    write_error(Error(ErrorCode::InternalError, "the command failed in an unexpected way"));
  }
  return finish();
}

Step Request::advance() {
  if (std::exchange(parked_, false)) end_park();
  // What is done is done: a write that is being committed, or whose durability is awaited, is
  // answered with what it did.
  const bool writes_stand = std::exchange(yielded_, false) || state_ == State::AwaitDurable;
  if (operation_.interrupted() && !writes_stand) operation_.check_now();
  if (state_ == State::Fresh || state_ == State::Finished) open();
  if (state_ == State::Held) {
    if (must_hold()) return Step::Parked;
    if (fault_.strikes_before(*context_)) return close();
    state_ = work_ ? State::AwaitTurn : State::AwaitRead;
  }
  if (state_ == State::AwaitRead) {
    if (must_await_read()) return Step::Parked;
    state_ = State::AwaitRoom;
  }
  if (state_ == State::AwaitRoom) {
    // Asked again on the worker: many may have been let through before the first of them wrote.
    if (must_await_room()) return Step::Parked;
    if (moves_to_worker()) return Step::NeedWorker;
    state_ = State::AwaitTurn;
  }
  if (state_ == State::AwaitTurn) {
    operation_.check_now();
    if (!scope_.enter(*context_)) return Step::Parked;
    state_ = State::Running;
  }
  if (state_ == State::Running) {
    if (moves_to_worker()) return Step::NeedWorker;
    switch (run()) {
      case Progress::Parked:
        return Step::Parked;
      case Progress::Yield:
        yielded_ = true;
        return Step::Yield;
      case Progress::NeedWorker:
        context_->on_worker = true;
        return Step::NeedWorker;
      case Progress::Done:
        scope_.keep(*context_);
        leave_session();
        state_ = State::AwaitDurable;
    }
  }
  if (must_await_durable()) return Step::Parked;
  if (RequestFault::strikes_after(*context_)) return close();
  check_write_concern();
  note_command_end(*context_, nullptr, writer_->body().size_bytes());
  append_ok(writer_->body(), services_.commit.applied(), operation_time());
  return finish();
}

void Request::open() {
  writer_.emplace(reply_, message_.is_query() ? wire::OpCode::Reply : wire::OpCode::Msg);
  if (state_ == State::Finished) {  // the next reply of an exhaust stream
    services_.metrics.by_command.count(context_->row);
    fault_.arm(*context_);
    state_ = State::Held;
    return;
  }
  if (message_.body.empty())
    raise(ErrorCode::CommandNotFound, "an empty document is not a command");
  const bson::Element first = *message_.body.begin();
  const CommandRow* row = find_row(first.name());
  const std::string_view db = database_of(message_);
  if (row == nullptr) {
    services_.metrics.by_command.count_unknown();
    raise(ErrorCode::CommandNotFound, "no such command: '{}'", first.name());
  }
  if (message_.is_query() && (row->flags & kHandshake) == 0) {
    raise(location(352), "Unsupported OP_QUERY command: {}. Use OP_MSG", first.name());
  }
  context_.emplace(CommandContext{.services = services_,
                                  .client = *client_,
                                  .op = operation_,
                                  .message = message_,
                                  .body = message_.body,
                                  .db = db,
                                  .row = *row});
  services_.metrics.by_command.count(*row);
  if (const char* problem = model::database_name_problem(db); problem != nullptr) {
    raise(ErrorCode::InvalidNamespace, "Invalid database name: '{}': {}", db, problem);
  }
  if ((row->flags & kAdminOnly) != 0 && db != "admin") {
    raise(ErrorCode::Unauthorized, "{} may only be run against the admin database", row->name);
  }
  read_generic_arguments(*context_);
  check_role(*context_);
  if ((row->flags & kNoCount) == 0) services_.metrics.commands.add();
  if (context_->session) services_.sessions.touch(*context_->session);
  register_operation();
  fault_.arm(*context_);
  state_ = State::Held;
}

const CommandRow* Request::find_row(std::string_view name) const {
  const CommandRow* row = find_command(name);
  const bool hidden = row != nullptr && (row->flags & kTestOnly) != 0;
  return hidden && !services_.parameters.test_commands() ? nullptr : row;
}

bool Request::must_hold() const {
  return fault_.held_until() && services_.clock.steady() < *fault_.held_until();
}

// Reads that must see a moment the client knows of wait until it is there.
bool Request::must_await_read() {
  using Level = model::ReadConcern::Level;
  const model::ReadConcern& concern = context_->read_concern;
  const auto& wanted =
      concern.at_cluster_time ? concern.at_cluster_time : concern.after_cluster_time;
  if (!wanted) return false;
  if (*wanted > services_.commit.applied()) {
    raise(ErrorCode::InvalidOptions,
          "readConcern {} value must not be greater than the current clusterTime. Requested "
          "clusterTime: ({}, {}); current clusterTime: ({}, {})",
          concern.at_cluster_time ? "atClusterTime" : "afterClusterTime", wanted->seconds(),
          wanted->increment(), services_.commit.applied().seconds(),
          services_.commit.applied().increment());
  }
  // What a majority has, and what is read by time, is durable.
  const Level level = concern.effective_level();
  const bool durable = level == Level::Majority || level == Level::Snapshot;
  awaited_read_ = *wanted;
  if (!durable || services_.commit.visible() >= *wanted || !services_.commit.accepting()) {
    return false;
  }
  operation_.check_now();
  return true;
}

// What the command worked with goes first: it reads what a transaction holds.
void Request::leave_session() {
  if (!context_->more_to_come) work_.reset();
  scope_.leave(*context_);
}

// Writes do not begin while the disk is far behind; no thread waits for it.
bool Request::must_await_room() {
  if ((context_->row.flags & kWrites) == 0 || services_.commit.has_room()) return false;
  operation_.check_now();
  return true;
}

// Who was woken is on the connection's thread again, whoever ran it before.
void Request::end_park() {
  services_.operations.set_parked(operation_.id(), nullptr);
  context_->on_worker = false;
}

bool Request::is_prompt() const {
  return (context_ && (context_->row.flags & kPrompt) != 0) || (work_ && work_->is_prompt());
}

bool Request::moves_to_worker() {
  if (context_->on_worker || !wants_worker()) return false;
  context_->on_worker = true;
  return true;
}

bool Request::wants_worker() {
  const std::uint32_t flags = context_->row.flags;
  if (!wants_worker_) {
    wants_worker_ =
        (flags & kWorker) != 0 || ((flags & kWrites) != 0 && !is_short_write(*context_));
  }
  return *wants_worker_;
}

Progress Request::run() {
  const CommandRow& row = context_->row;
  if (row.run != nullptr) {
    row.run(*context_, writer_->body());
    return Progress::Done;
  }
  if (!work_) work_ = row.start(*context_);
  return work_->step(*context_, writer_->body());
}

// Whoever interrupts the operation ends its wait too.
Park Request::park() {
  Park wait = current_wait();
  parked_ = true;
  wait.subscribe = [this, subscribe = std::move(wait.subscribe)](const WakerPtr& waker) {
    services_.operations.set_parked(operation_.id(), waker);
    if (subscribe) subscribe(waker);
  };
  return wait;
}

Park Request::current_wait() {
  if (state_ == State::Held) return Park{.subscribe = nullptr, .deadline = fault_.held_until()};
  if (state_ == State::AwaitTurn) return scope_.wait(*context_);
  if (state_ == State::AwaitDurable) {
    return Park{.subscribe = [commit = &services_.commit, position = durable_position_](
                                 const WakerPtr& waker) { commit->wait_visible(position, waker); },
                .deadline = earlier(durable_deadline_, operation_.deadline())};
  }
  if (state_ == State::AwaitRead) {
    const model::ClusterTime position = awaited_read_;
    services_.commit.request_flush(position);
    return Park{.subscribe = [commit = &services_.commit, position](
                                 const WakerPtr& waker) { commit->wait_visible(position, waker); },
                .deadline = operation_.deadline()};
  }
  if (state_ == State::AwaitRoom) {
    return Park{.subscribe = [commit = &services_.commit](
                                 const WakerPtr& waker) { commit->wait_room(waker); },
                .deadline = operation_.deadline()};
  }
  return work_->park(*context_);
}

model::ClusterTime Request::operation_time() const {
  return context_ && !context_->operation_time.is_zero() ? context_->operation_time
                                                         : services_.commit.applied();
}

void Request::write_error(Error error) {
  exhaust_ = false;
  services_.metrics.asserts_user.add();
  if (context_) {
    context_->more_to_come = false;
    leave_session();
    if (const auto* instead = fault_.labels()) {
      for (const std::string& label : *instead)
        error.add_label(label);
    } else {
      for (const std::string_view label : error_labels(*context_, error))
        error.add_label(std::string(label));
    }
  }
  if (!writer_)
    writer_.emplace(reply_, message_.is_query() ? wire::OpCode::Reply : wire::OpCode::Msg);
  writer_->restart();
  if (context_) {
    services_.metrics.by_command.count_failure(context_->row);
    note_command_end(*context_, &error, 0);
  }
  const Identity* identity = fault_.is_made_up() ? nullptr : &services_.identity;
  append_error(writer_->body(), error, identity, services_.commit.applied(), operation_time());
}

Step Request::finish() {
  state_ = State::Finished;
  exhaust_ = context_ && context_->more_to_come && message_.exhaust_allowed();
  const std::int32_t id = services_.operations.next_request_id();
  writer_->finish({.request_id = id,
                   .response_to = response_to_,
                   .more_to_come = exhaust_,
                   .checksum = message_.has_checksum()});
  if (message_.compressed && context_ && (context_->row.flags & kHandshake) == 0) {
    wire::compress_message(reply_, writer_->start(), message_.compressor);
  }
  writer_.reset();
  response_to_ = id;
  if (!exhaust_) {
    work_.reset();
    unregister_operation();
  }
  if (message_.more_to_come()) {
    reply_.clear();
    return Step::NoReply;
  }
  return Step::Reply;
}

// No reply: the client is gone, or shall think so.
Step Request::close() {
  state_ = State::Finished;
  exhaust_ = false;
  if (context_) leave_session();
  work_.reset();
  unregister_operation();
  writer_.reset();
  reply_.clear();
  return Step::Close;
}

std::string Request::take_reply() {
  return std::exchange(reply_, {});
}

std::function<void()> Request::take_afterwards() {
  return context_ ? std::exchange(context_->afterwards, nullptr) : nullptr;
}

void Request::register_operation() {
  const bson::Element first = *message_.body.begin();
  std::string ns(context_->db);
  if (first.is_string()) ns.append(".").append(first.as_string());
  services_.operations.add(operation_.id(), {.operation = &operation_,
                                             .command_name = context_->row.name,
                                             .ns = std::move(ns),
                                             .body = message_.body,
                                             .session = context_->session,
                                             .parked = nullptr});
  registered_ = true;
}

void Request::unregister_operation() {
  if (!registered_) return;
  services_.operations.remove(operation_.id());
  registered_ = false;
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// What every call below dispatch is told about the command it works for: until when, on whose
// behalf, and how much memory it may use.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error_code.h"

namespace freshet {

/// Who sent the command. Lives as long as its connection.
struct ClientInfo {
  std::int64_t connection_id = 0;
  std::string address;           ///< "127.0.0.1:51234"
  std::string application_name;  ///< client.application.name of the handshake, or empty
  std::string metadata;          ///< the handshake's client document as BSON, or empty
};

/// One running command. Owned by dispatch, passed down by reference. interrupt() and progress() may
/// be called from any thread; everything else belongs to the thread that runs the command.
class Operation {
 public:
  Operation(const Clock& clock, std::uint64_t id, std::shared_ptr<const ClientInfo> client)
      : clock_(clock), id_(id), client_(std::move(client)), started_(clock.steady()) {}
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  std::uint64_t id() const { return id_; }
  const Clock& clock() const { return clock_; }
  const ClientInfo& client() const { return *client_; }
  SteadyTime started() const { return started_; }

  /// maxTimeMS of the command; absence means no limit.
  void set_deadline(std::optional<SteadyTime> deadline) { deadline_ = deadline; }
  std::optional<SteadyTime> deadline() const { return deadline_; }

  /// Ends the operation with `code` at its next check().
  void interrupt(ErrorCode code) noexcept { interrupted_.store(static_cast<std::int32_t>(code)); }
  bool interrupted() const noexcept { return interrupted_.load() != 0; }

  /// Throws when the operation was interrupted or its deadline has passed (MaxTimeMSExpired).
  /// Cheap: the clock is read every 128th call.
  void check() {
    if ((++checks_ & 127U) == 0 || interrupted_.load(std::memory_order_relaxed) != 0) check_now();
  }
  void check_now();

  /// How far a long operation has come. `total` is an estimate.
  struct Progress {
    const char* what = nullptr;  ///< null: it does not tell
    std::int64_t done = 0;
    std::int64_t total = 0;
  };
  /// Says so to whoever asks; `what` is a literal.
  void report(const Progress& progress) noexcept;
  /// What was reported last. Thread-safe.
  Progress progress() const noexcept;

  /// Accounts `bytes` of working memory; throws ExceededMemoryLimit above memory_bytes_max.
  void use_memory(std::size_t bytes);
  void release_memory(std::size_t bytes) noexcept { memory_ -= bytes < memory_ ? bytes : memory_; }
  void set_memory_bytes_max(std::size_t bytes) { memory_bytes_max_ = bytes; }
  std::size_t memory_bytes_max() const { return memory_bytes_max_; }

  /// The command's `comment` as a one-field BSON document {comment: …}; empty when it had none.
  std::string comment;

 private:
  const Clock& clock_;
  std::uint64_t id_;
  std::shared_ptr<const ClientInfo> client_;  // shared with the connection, which may close first
  SteadyTime started_;
  std::optional<SteadyTime> deadline_;
  std::atomic<std::int32_t> interrupted_{0};
  std::atomic<const char*> progress_of_{nullptr};
  std::atomic<std::int64_t> progress_done_{0};
  std::atomic<std::int64_t> progress_total_{0};
  std::uint32_t checks_ = 0;
  std::size_t memory_ = 0;
  std::size_t memory_bytes_max_ = std::size_t{100} << 20;
};

}  // namespace freshet

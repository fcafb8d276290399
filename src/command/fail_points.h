// SPDX-License-Identifier: Apache-2.0
// Fail points: what a test told the server to do wrong (configureFailPoint). They exist behind
// enableTestCommands only, and cost one relaxed load while none is set.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.h"
#include "base/mutex.h"
#include "bson/view.h"

namespace freshet::command {

/// MongoDB's first, then our own, which tests of change streams need.
enum class FailPoint : std::uint8_t {
  FailCommand,
  FailGetMoreAfterCursorCheckout,
  MaxTimeAlwaysTimeOut,
  OnPrimaryTransactionalWrite,
  FreshetDropConnections,  ///< acts once when set: connections with running commands close
  FreshetExpireHistory,    ///< acts once when set: the log is cut behind its newest entry
  FreshetOversizeEvents,   ///< while set: events above `bytesMax` count as too large
};
inline constexpr std::size_t kFailPoints = 7;

/// The `data` of a fail point. Immutable.
struct FailPointData {
  std::vector<std::string> commands;               ///< failCommands
  std::optional<ErrorCode> error;                  ///< errorCode, failBeforeCommitExceptionCode
  std::optional<std::vector<std::string>> labels;  ///< errorLabels: instead of the server's own
  std::optional<bool> close_connection;
  std::string write_concern_error;  ///< BSON; empty: none
  bool block = false;               ///< blockConnection: hold the command back …
  std::int64_t block_ms = 0;        ///< … for blockTimeMS
  std::string application;          ///< appName; empty: any
  std::string ns;                   ///< "db.coll"; empty: any
  std::int64_t bytes_max = 0;
};
/// Shared: a command goes on with what it was hit by, however the point is set meanwhile.
using FailPointDataPtr = std::shared_ptr<const FailPointData>;

/// Thread-safe.
class FailPoints {
 public:
  /// False while every point is off.
  bool any() const { return set_.load(std::memory_order_relaxed) != 0; }

  /// What the point does to somebody it concerns; null when it does nothing. Uses up one of its
  /// times, or skips. `concerns` must not call back.
  FailPointDataPtr fire(FailPoint point,
                        const std::function<bool(const FailPointData&)>& concerns = nullptr);

  /// Sets a point as a configureFailPoint command says and gives how often it was met before.
  /// Throws FailPointSetFailed (82) for an unknown name, BadValue for a mode or data it has not.
  struct Configured {
    FailPoint point;
    bool on;
    FailPointDataPtr data;
    std::int64_t met_before;
  };
  Configured configure(std::string_view name, bson::ValueView mode, bson::View data);

 private:
  enum class Mode : std::uint8_t { Off, Always, Times, Skip };
  struct Setting {
    Mode mode = Mode::Off;
    std::int64_t count = 0;  // times left, or skips left
    std::int64_t met = 0;
    FailPointDataPtr data;
  };
  static Setting read_mode(bson::ValueView mode);
  bool counts(Setting& setting) REQUIRES(mutex_);

  std::atomic<std::uint32_t> set_{0};  // one bit per point that is not off
  Mutex mutex_;
  std::array<Setting, kFailPoints> settings_ GUARDED_BY(mutex_);
};

}  // namespace freshet::command

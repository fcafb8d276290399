// SPDX-License-Identifier: Apache-2.0
#include "command/error_labels.h"

#include <algorithm>
#include <iterator>

#include "command/command_table.h"

namespace freshet::command {
namespace {

using enum ErrorCode;

constexpr ErrorCode kStateChange[] = {NotWritablePrimary,    NotPrimaryNoSecondaryOk,
                                      InterruptedAtShutdown, InterruptedDueToReplStateChange,
                                      NotPrimaryOrSecondary, PrimarySteppedDown,
                                      ShutdownInProgress};

constexpr ErrorCode kRetryable[] = {InterruptedAtShutdown, InterruptedDueToReplStateChange,
                                    NotWritablePrimary,    NotPrimaryNoSecondaryOk,
                                    NotPrimaryOrSecondary, PrimarySteppedDown,
                                    ShutdownInProgress,    HostNotFound,
                                    HostUnreachable,       NetworkTimeout,
                                    location(9001),        location(262)};

// 43 is resumable without a label.
constexpr ErrorCode kResumable[] = {HostUnreachable,
                                    HostNotFound,
                                    NetworkTimeout,
                                    ShutdownInProgress,
                                    location(133),
                                    location(150),
                                    PrimarySteppedDown,
                                    location(234),
                                    location(262),
                                    location(9001),
                                    NotWritablePrimary,
                                    InterruptedAtShutdown,
                                    InterruptedDueToReplStateChange,
                                    location(13388),
                                    NotPrimaryNoSecondaryOk,
                                    NotPrimaryOrSecondary,
                                    location(63)};

template <std::size_t N>
bool contains(const ErrorCode (&codes)[N], ErrorCode code) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

// A statement that a driver sends again on its own.
bool is_retryable_write(const CommandContext& context) {
  return context.txn_number.has_value() && (context.row.flags & kWrites) != 0;
}

}  // namespace

bool is_state_change(ErrorCode code) {
  return contains(kStateChange, code);
}

std::vector<std::string_view> error_labels(const CommandContext& context, const Error& error) {
  std::vector<std::string_view> labels;
  const ErrorCode code = error.code();
  if (is_retryable_write(context) && contains(kRetryable, code)) {
    labels.emplace_back("RetryableWriteError");
    if (context.durable_position.is_zero()) labels.emplace_back("NoWritesPerformed");
  }
  if (context.on_change_stream && contains(kResumable, code)) {
    labels.emplace_back("ResumableChangeStreamError");
  }
  return labels;
}

std::vector<std::string_view> write_concern_error_labels(const CommandContext& context,
                                                         ErrorCode code) {
  if (!is_retryable_write(context) || !contains(kRetryable, code)) return {};
  return {"RetryableWriteError"};
}

}  // namespace freshet::command

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

constexpr ErrorCode kRetryableCodes[] = {InterruptedAtShutdown, InterruptedDueToReplStateChange,
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

// Whoever meets one of these in a transaction begins the transaction again.
constexpr ErrorCode kTransient[] = {LockTimeout,         WriteConflict,     SnapshotTooOld,
                                    SnapshotUnavailable, NoSuchTransaction, location(267)};

bool ends_transaction(const CommandContext& context) {
  return (context.row.flags & kEndsTransaction) != 0;
}

// What a driver sends again on its own: a retryable write, or the end of a transaction.
bool is_sent_again(const CommandContext& context) {
  if (context.in_transaction) return ends_transaction(context);
  return context.txn_number.has_value() && (context.row.flags & kRetryable) != 0;
}

// An end that failed on the way may have been reached: only what is sure to be over is labelled.
bool is_transient(const CommandContext& context, ErrorCode code) {
  if (!context.in_transaction) return false;
  return contains(kTransient, code) ||
         (!ends_transaction(context) && contains(kRetryableCodes, code));
}

}  // namespace

bool is_state_change(ErrorCode code) {
  return contains(kStateChange, code);
}

std::vector<std::string_view> error_labels(const CommandContext& context, const Error& error) {
  std::vector<std::string_view> labels;
  const ErrorCode code = error.code();
  if (is_transient(context, code)) labels.emplace_back("TransientTransactionError");
  if (is_sent_again(context) && contains(kRetryableCodes, code)) {
    labels.emplace_back("RetryableWriteError");
    const bool wrote = !context.durable_position.is_zero() || context.in_transaction;
    if (!wrote) labels.emplace_back("NoWritesPerformed");
  }
  if (context.on_change_stream && contains(kResumable, code)) {
    labels.emplace_back("ResumableChangeStreamError");
  }
  return labels;
}

std::vector<std::string_view> write_concern_error_labels(const CommandContext& context,
                                                         ErrorCode code) {
  if (!is_sent_again(context) || !contains(kRetryableCodes, code)) return {};
  return {"RetryableWriteError"};
}

}  // namespace freshet::command

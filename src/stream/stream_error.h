// SPDX-License-Identifier: Apache-2.0
// Errors that end a stream for good. Their words matter: the Kafka connector looks for "resume
// token" or "resume point" together with "not found" or "no longer be in the oplog".
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "model/cluster_time.h"
#include "model/resume_token.h"

namespace freshet::stream {

inline constexpr const char* kNotResumableLabel = "NonResumableChangeStreamError";

template <typename... Args>
[[noreturn]] void raise_not_resumable(ErrorCode code, fmt::format_string<Args...> format,
                                      Args&&... args) {
  Error error(code, fmt::format(format, std::forward<Args>(args)...));
  error.add_label(kNotResumableLabel);
  throw error;
}

/// 280: the log has no such event for this stream.
[[noreturn]] inline void raise_token_not_found(const model::ResumeToken& token) {
  raise_not_resumable(ErrorCode::ChangeStreamFatalError,
                      "cannot resume the change stream: the resume token was not found: '{}'",
                      token.data());
}

/// 10334. The token stands in the message as connectors look for it there, and in the field
/// resumeToken of the error for everybody else: who resumes after it steps over the event.
[[noreturn]] inline void raise_too_large(std::size_t bytes, const model::ResumeToken& token) {
  Error error(
      ErrorCode::BSONObjectTooLarge,
      fmt::format("the event, or a field of it, has {} bytes, more than can be sent; resume "
                  "after it by its resume token, or add $changeStreamSplitLargeEvent to the "
                  "pipeline. First element: _id: {{ _data: \"{}\" }}",
                  bytes, token.data()));
  bson::Builder extra;
  token.append_to(extra, "resumeToken");
  throw error.with_extra(extra.take());
}

/// The words of 286: a stream wanted what lies after `from`, and entries up to `dropped` are gone.
inline std::string history_lost_message(model::ClusterTime from, model::ClusterTime dropped) {
  const model::ClusterTime wanted(from.value() + 1);
  const model::ClusterTime first(dropped.value() + 1);
  return fmt::format(
      "cannot resume the change stream: the resume point Timestamp({}, {}) may no longer be in the "
      "oplog, of which the first available time is Timestamp({}, {})",
      wanted.seconds(), wanted.increment(), first.seconds(), first.increment());
}

[[noreturn]] inline void raise_history_lost(model::ClusterTime from, model::ClusterTime dropped) {
  raise_not_resumable(ErrorCode::ChangeStreamHistoryLost, "{}",
                      history_lost_message(from, dropped));
}

}  // namespace freshet::stream

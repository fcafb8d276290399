// SPDX-License-Identifier: Apache-2.0
// Errors that end a stream for good. Their words matter: the Kafka connector looks for "resume
// token" or "resume point" together with "not found" or "no longer be in the oplog".
#pragma once

#include <string>
#include <utility>

#include "base/error.h"
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

/// 286: entries after `from` were dropped, up to `dropped`.
[[noreturn]] inline void raise_history_lost(model::ClusterTime from, model::ClusterTime dropped) {
  raise_not_resumable(ErrorCode::ChangeStreamHistoryLost,
                      "cannot resume the change stream: the resume point after Timestamp({}, {}) "
                      "may no longer be in the oplog, which begins after Timestamp({}, {})",
                      from.seconds(), from.increment(), dropped.seconds(), dropped.increment());
}

}  // namespace freshet::stream

// SPDX-License-Identifier: Apache-2.0
// showErrorsAsEvents: what fails becomes an event, so that the stream can go on behind it.
//
//   error = _id operationType: "error" clusterTime wallTime ns [documentKey] error: {code,
//   codeName,
//           errmsg}
//   gap   = _id operationType: "error" clusterTime wallTime error: {code: 286, codeName, errmsg,
//           gap: {after, firstAvailable}}
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "model/cluster_time.h"
#include "model/resume_token.h"
#include "stream/change.h"

namespace freshet::stream {

/// Failures of one event, as opposed to those of the command; a required image that was not kept
/// stays an error, for nobody should go on without it by mistake.
bool can_become_event(const Error& error);

/// The event that says that the event of `change` failed. `token` is that event's own.
std::string make_error_event(const Change& change, const model::ResumeToken& token,
                             const Error& error);

/// The event that says that history is missing.
struct Gap {
  model::ClusterTime after;    ///< the stream stood here
  model::ClusterTime dropped;  ///< it goes on behind this
  std::int64_t wall_ms = 0;    ///< now
};
/// Where a stream goes on that has been told of the gap.
model::ResumeToken token_behind(const Gap& gap);
std::string make_gap_event(const Gap& gap);

}  // namespace freshet::stream

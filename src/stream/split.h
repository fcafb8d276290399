// SPDX-License-Identifier: Apache-2.0
// $changeStreamSplitLargeEvent: an event that is too large goes out in fragments, cut between its
// top-level fields.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bson/view.h"
#include "model/resume_token.h"

namespace freshet::stream {

/// What a client can be sent as one document: MongoDB's 16 MB and the room it leaves for envelopes.
inline constexpr std::size_t kEventBytesMax = (std::size_t{16} << 20) + (std::size_t{16} << 10);

/// The fragments of `event`, each at most `bytes_max` long, as documents
/// {_id, splitEvent: {fragment, of}, …}; each `_id` is the event's token with the fragment's
/// number. Fields keep their order; each fragment holds as many as fit. Throws BSONObjectTooLarge
/// (10334) when one field alone does not fit.
std::vector<std::string> split_event(bson::View event, const model::ResumeToken& token,
                                     std::size_t bytes_max = kEventBytesMax);

}  // namespace freshet::stream

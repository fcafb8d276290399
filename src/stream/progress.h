// SPDX-License-Identifier: Apache-2.0
// Where a stream stands and what it has handed out since it was opened.
#pragma once

#include <cstdint>

#include "storage/store.h"

namespace freshet::stream {

/// Regular.
struct StreamProgress {
  storage::Position position;  ///< everything that concerns it up to here was handed out
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  bool waiting = false;  ///< a getMore is parked
};

}  // namespace freshet::stream

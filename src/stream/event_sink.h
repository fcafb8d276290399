// SPDX-License-Identifier: Apache-2.0
// Where a stream puts its events: the batch of one reply, seen from beneath.
#pragma once

#include "bson/view.h"

namespace freshet::stream {

/// One batch in the making. Not thread-safe.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// True when no further document is wanted.
  virtual bool full() const = 0;
  /// Appends a copy of `document`. False when it does not fit behind what is there already; nothing
  /// was appended then, and the batch is to be sent as it is. The first document always fits.
  [[nodiscard]] virtual bool offer(bson::View document) = 0;
};

}  // namespace freshet::stream

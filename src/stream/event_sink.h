// SPDX-License-Identifier: Apache-2.0
// Where a stream puts its events: the batch of one reply, seen from beneath.
#pragma once

#include "bson/builder.h"
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

  /// A document written where it is sent from: begin(), its fields into the builder, end(), and
  /// then keep() or drop(). drop() is allowed at any point after begin().
  virtual bson::Builder& begin() = 0;
  /// Ends the document; the view is good until keep() or drop().
  virtual bson::View end() = 0;
  /// False when it does not fit, as with offer(): it was dropped then.
  [[nodiscard]] virtual bool keep() = 0;
  virtual void drop() = 0;
};

/// A document begun in a sink; dropped unless kept.
class Draft {
 public:
  explicit Draft(EventSink& sink) : sink_(sink), fields_(sink.begin()) {}
  ~Draft() {
    if (open_) sink_.drop();
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  bson::Builder& fields() { return fields_; }
  bson::View end() { return sink_.end(); }
  [[nodiscard]] bool keep() {
    open_ = false;
    return sink_.keep();
  }

 private:
  EventSink& sink_;
  bson::Builder& fields_;
  bool open_ = true;
};

}  // namespace freshet::stream

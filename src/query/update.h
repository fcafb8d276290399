// SPDX-License-Identifier: Apache-2.0
// Updates: operators, replacement, pipeline. Pure: a document in, a document and its delta out.
#pragma once

#include <memory>
#include <string>

#include "bson/view.h"
#include "query/context.h"
#include "query/matcher.h"

namespace freshet::query {

/// What an update made of one document.
struct UpdateOutcome {
  bool changed = false;  ///< false: nothing to write (matched, not modified)
  std::string document;  ///< the whole new document, `_id` first where the old one had it
  /// The oplog's `o` for an update: {$v: 2, diff: {…}} in MongoDB's delta format, or the whole
  /// document when the change is a replacement (also when a delta would be larger than the
  /// document).
  std::string log_object;
  bool is_replacement = false;
};

/// A parsed update. Immutable, thread-safe, movable.
class Update {
 public:
  /// `spec` is the `u` of an update statement: a document or an array (pipeline). `array_filters`
  /// is an array of filters or empty. Throws with MongoDB's codes.
  Update(bson::ValueView spec, bson::View array_filters, const QueryContext& context,
         bool upsert = false);
  ~Update();
  Update(Update&&) noexcept;
  Update& operator=(Update&&) noexcept;

  enum class Form { Operators, Replacement, Pipeline };
  Form form() const;

  /// `details` carries the positional match. Throws when the update cannot be applied to this
  /// document (PathNotViable 28, TypeMismatch 14, ImmutableField 66, BSONObjectTooLarge 17419 …).
  UpdateOutcome apply(bson::View document, const MatchDetails& details,
                      const QueryContext& context) const;

  /// The document an upsert inserts: equality fields of `filter`, then the update with
  /// $setOnInsert. `_id` is left out when neither gives one (the caller generates it and puts it
  /// first).
  std::string upsert_document(const Matcher& filter, const QueryContext& context) const;

  /// True when some operator uses the positional `$`.
  bool needs_position() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// $addFields and its alias $set: every field stays, named ones are computed. Used by plans and by
// pipeline updates.
#pragma once

#include <memory>
#include <string>

#include "bson/view.h"
#include "query/context.h"

namespace freshet::query {

/// A parsed $addFields specification. Immutable, thread-safe, movable.
class FieldSetter {
 public:
  /// Throws with MongoDB's codes (40272 when it is no document …).
  FieldSetter(bson::ValueView spec, const QueryContext& context);
  ~FieldSetter();
  FieldSetter(FieldSetter&&) noexcept;
  FieldSetter& operator=(FieldSetter&&) noexcept;

  /// The document with the fields set (finished BSON bytes). A value that is missing removes the
  /// field.
  std::string apply(bson::View document, const QueryContext& context) const {
    return apply(document, document, context);
  }
  /// The same with expressions that read `root` instead of the document itself.
  std::string apply(bson::View document, bson::View root, const QueryContext& context) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// The update operators: what each makes of one value. Where the value stands is the tree's business
// (update_tree.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "bson/value.h"
#include "bson/view.h"
#include "query/context.h"

namespace freshet::query {

/// What a modifier is told besides the value.
struct ModifierInput {
  const QueryContext& context;
  bson::View document;    ///< the whole document before the update; for messages
  std::string_view path;  ///< of the value, array positions filled in
  bool inserting = false;
};

struct ModifierResult {
  enum class Kind {
    Unchanged,
    Set,     ///< `value` takes the place
    Append,  ///< `value` is the old array with `appended` elements more at its end
    Remove,
  };
  Kind kind = Kind::Unchanged;
  bson::Value value;
  std::size_t appended = 0;

  static ModifierResult unchanged() { return {}; }
  static ModifierResult set(bson::Value value) { return {Kind::Set, std::move(value), 0}; }
  static ModifierResult remove() { return {Kind::Remove, {}, 0}; }
};

/// One operator with its operand for one path. Immutable, thread-safe; owns its operand.
class Modifier {
 public:
  virtual ~Modifier() = default;
  /// `existing` is not Missing.
  virtual ModifierResult apply(bson::ValueView existing, const ModifierInput& input) const = 0;
  /// The value where there is none yet; Missing leaves it so.
  virtual bson::Value create(const ModifierInput& input) const = 0;
  /// True: does nothing, rather than fail, where the path runs into a value that has no fields.
  virtual bool tolerates_blocked_path() const { return false; }
  /// False: takes no part in this update at all ($setOnInsert when nothing is inserted).
  virtual bool active(bool /*inserting*/) const { return true; }
};

using ModifierPtr = std::unique_ptr<const Modifier>;

/// Makers for the table of operators; `argument` is named by its path. They throw with MongoDB's
/// codes. update_values.cpp
ModifierPtr make_set(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_set_on_insert(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_unset(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_min(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_max(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_current_date(const bson::Element& argument, const QueryContext& context);
/// update_arithmetic.cpp
ModifierPtr make_inc(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_mul(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_bit(const bson::Element& argument, const QueryContext& context);
/// update_push.cpp
ModifierPtr make_push(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_add_to_set(const bson::Element& argument, const QueryContext& context);
/// update_pull.cpp
ModifierPtr make_pull(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_pull_all(const bson::Element& argument, const QueryContext& context);
ModifierPtr make_pop(const bson::Element& argument, const QueryContext& context);

}  // namespace freshet::query

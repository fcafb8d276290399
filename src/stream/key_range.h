// SPDX-License-Identifier: Apache-2.0
// What a comparison or a prefix asks of a value, as a stretch of the order in which bson/key.h
// writes values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bson/key_bytes.h"
#include "bson/view.h"
#include "query/match_node.h"

namespace freshet::stream {

/// Types with a key of their own in these ranges: numbers, strings, and what else is compared by a
/// few bytes. Documents, arrays, null and the rest are not.
bool is_ranged(bson::Type type);

/// Collations order them.
constexpr bool is_text(bson::Type type) {
  return type == bson::Type::String || type == bson::Type::Symbol;
}

/// begin <= key < end. Two filters' bounds put together may leave an end before the begin: an array
/// can meet both, with one element each.
struct KeyRange {
  /// Of the values that it speaks of.
  bson::key_bytes::Bracket bracket{};
  std::string begin;
  std::string end;

  /// Whether it is of an expression, which compares across types and an array as a whole.
  bool across_types() const { return bracket.begin == bson::key_bytes::kEnd; }
  /// Neither end is that of the bracket.
  bool is_two_sided() const;
  /// Leaves what lies in both. False, and nothing done, when their brackets differ.
  bool narrow(const KeyRange& other);
};

using Comparison = query::ComparisonNode::Op;

/// What a match operator finds: values of the operand's type, not NaN. Nothing for operands that
/// are not ranged, and for NaN.
std::optional<KeyRange> range_of_match(Comparison op, bson::ValueView operand);

/// What the comparison in an expression finds, missing values among what is less. Nothing for
/// operands that are not ranged.
std::optional<KeyRange> range_of_expression(Comparison op, bson::ValueView operand);

/// Strings that begin with the bytes of `prefix` before its first zero byte. Requires: it has some.
KeyRange range_of_prefix(std::string_view prefix);

/// Writes where an expression finds `value`: its key when it is ranged, else a place among those
/// with everything of its type.
void append_place(std::string& out, bson::ValueView value);

}  // namespace freshet::stream

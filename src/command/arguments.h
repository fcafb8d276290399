// SPDX-License-Identifier: Apache-2.0
// Reading a command's fields: a table per command says which it has, and every other field is an
// error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::command {

/// One field of a command on its way into the command's arguments. The readers throw TypeMismatch
/// (14) or the code that MongoDB uses, naming the field as "find.limit".
class Field {
 public:
  Field(std::string_view command, const bson::Element& element)
      : command_(command), element_(element) {}

  const bson::Element& element() const { return element_; }
  std::string_view name() const { return element_.name(); }
  std::string path() const;

  std::string_view string() const;
  bson::View object() const;
  bson::View array() const;
  /// An array that holds nothing but documents.
  bson::View array_of_objects() const;
  /// bool, or a number (MongoDB's "safeBool").
  bool boolean() const;
  /// bool and nothing else.
  bool strict_boolean() const;
  /// Any number, cut to a whole one (MongoDB's "safeInt64"); NaN is 0.
  std::int64_t integer() const;
  /// integer() that must be at least `minimum` (51024).
  std::int64_t at_least(std::int64_t minimum) const;
  std::int64_t non_negative() const { return at_least(0); }
  bool is_null() const {
    return element_.type() == bson::Type::Null || element_.type() == bson::Type::Undefined;
  }

  [[noreturn]] void wrong_type(std::string_view expected) const;

 private:
  std::string_view command_;
  const bson::Element& element_;
};

/// Fields every command may carry: $db, lsid, txnNumber, maxTimeMS, readConcern, … Dispatch has
/// read them already.
bool is_generic_argument(std::string_view name);

/// One row of a command's table.
template <typename Arguments>
struct Argument {
  std::string_view name;
  void (*read)(Arguments&, const Field&);
};

[[noreturn]] void raise_unknown_field(std::string_view command, std::string_view field);
[[noreturn]] void raise_duplicate_field(std::string_view command, std::string_view field);
[[noreturn]] void raise_missing_field(std::string_view command, std::string_view field);

/// Throws raise_missing_field() for the first of `required` that `body` lacks, or has as null.
void require_fields(std::string_view command, bson::View body,
                    std::initializer_list<std::string_view> required);

/// Reads all fields of `body` but the first (the command itself when `skip_first`) into `out`. Null
/// fields are skipped as if absent, as MongoDB's parsers do. Throws on unknown (40415) and repeated
/// (40413) fields.
template <typename Arguments, std::size_t N>
void read_arguments(std::string_view command, bson::View body,
                    const Argument<Arguments> (&table)[N], Arguments& out, bool skip_first = true) {
  static_assert(N <= 64, "seen is one word");
  std::uint64_t seen = 0;
  bool first = skip_first;
  for (const bson::Element& element : body) {
    if (first) {
      first = false;
      continue;
    }
    bool known = false;
    for (std::size_t i = 0; i < N; ++i) {
      if (table[i].name != element.name()) continue;
      if ((seen >> i & 1) != 0) raise_duplicate_field(command, element.name());
      seen |= std::uint64_t{1} << i;
      known = true;
      const Field field(command, element);
      if (!field.is_null()) table[i].read(out, field);
      break;
    }
    if (!known && !is_generic_argument(element.name()))
      raise_unknown_field(command, element.name());
  }
}

}  // namespace freshet::command

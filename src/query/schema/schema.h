// SPDX-License-Identifier: Apache-2.0
// $jsonSchema: JSON Schema draft 4 as MongoDB reads it, with BSON types. A schema is a list of
// rules, one per keyword; each knows when it holds and how to say that it does not.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "bson/value.h"
#include "bson/view.h"

namespace freshet::query {

/// How deep schemas may nest.
inline constexpr int kSchemaDepthMax = 150;

/// One keyword with its argument. Immutable, thread-safe.
class SchemaRule {
 public:
  virtual ~SchemaRule() = default;
  /// True also for values of a type that the rule does not speak of.
  virtual bool holds(bson::ValueView value) const = 0;
  /// Appends the fields behind `operatorName` that tell why `value` breaks the rule.
  virtual void describe(bson::ValueView value, bson::Builder& out) const = 0;

  const std::string& keyword() const { return keyword_; }

 protected:
  explicit SchemaRule(bson::Element spec);
  /// specifiedAs: {keyword: argument}.
  void add_specified(bson::Builder& out) const;
  bson::ValueView argument() const { return argument_.view(); }

 private:
  std::string keyword_;
  bson::Value argument_;
};

/// A parsed schema. Immutable, thread-safe; owns all it needs.
class Schema {
 public:
  /// Throws with MongoDB's codes: FailedToParse (9) for unknown keywords and numbers out of range,
  /// TypeMismatch (14) for arguments of a wrong type.
  explicit Schema(bson::View spec, int depth = 0);
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  bool matches(bson::ValueView value) const;
  /// Appends one document per broken rule to the array that is open in `out`.
  void describe(bson::ValueView value, bson::Builder& out) const;
  /// Appends `title` and `description`, as far as the schema has them.
  void add_annotations(bson::Builder& out) const;

 private:
  std::vector<std::unique_ptr<const SchemaRule>> rules_;
  std::string title_;
  std::string description_;
};

using SchemaPtr = std::unique_ptr<const Schema>;

}  // namespace freshet::query

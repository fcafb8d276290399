// SPDX-License-Identifier: Apache-2.0
// The parsed filter as a tree: what the planner, the subscription index and upserts look at. Every
// class here is immutable and thread-safe, and owns all it needs.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bson/compare.h"
#include "bson/value.h"
#include "bson/view.h"
#include "query/context.h"
#include "query/matcher.h"
#include "query/path.h"
#include "query/regex.h"

namespace freshet::query {

enum class MatchKind {
  AlwaysTrue,
  AlwaysFalse,
  And,
  Or,
  Nor,
  Not,
  Comparison,
  In,
  Regex,
  Exists,
  Type,
  Size,
  Mod,
  Bits,
  ElemMatchObject,
  ElemMatchValue,
  Expression,
  Sample,
  JsonSchema,
  Text,
  Geo,
  Near,
};

class MatchNode {
 public:
  virtual ~MatchNode() = default;
  MatchKind kind() const { return kind_; }

  virtual bool matches(bson::View document, MatchDetails* details) const = 0;
  /// The predicate on one value, without any path: what $elemMatch asks of an element.
  virtual bool matches_value(bson::ValueView value) const = 0;

 protected:
  explicit MatchNode(MatchKind kind) : kind_(kind) {}

 private:
  MatchKind kind_;
};

/// Mutable only until the tree is finished; Matcher hands out const nodes.
using MatchNodePtr = std::unique_ptr<MatchNode>;

class ConstantNode final : public MatchNode {
 public:
  explicit ConstantNode(bool value)
      : MatchNode(value ? MatchKind::AlwaysTrue : MatchKind::AlwaysFalse) {}
  bool matches(bson::View, MatchDetails*) const override { return kind() == MatchKind::AlwaysTrue; }
  bool matches_value(bson::ValueView) const override { return kind() == MatchKind::AlwaysTrue; }
};

/// And, Or, Nor over at least one child. An And never has an And as a child.
class ListNode final : public MatchNode {
 public:
  ListNode(MatchKind kind, std::vector<MatchNodePtr> children)
      : MatchNode(kind), children_(std::move(children)) {}
  const std::vector<MatchNodePtr>& children() const { return children_; }
  std::vector<MatchNodePtr> release() { return std::move(children_); }
  bool matches(bson::View document, MatchDetails* details) const override;
  bool matches_value(bson::ValueView value) const override;

 private:
  std::vector<MatchNodePtr> children_;
};

/// $not, and what $ne, $nin and {$exists: false} become.
class NotNode final : public MatchNode {
 public:
  explicit NotNode(MatchNodePtr child) : MatchNode(MatchKind::Not), child_(std::move(child)) {}
  const MatchNode& child() const { return *child_; }
  bool matches(bson::View document, MatchDetails*) const override {
    return !child_->matches(document, nullptr);
  }
  bool matches_value(bson::ValueView value) const override { return !child_->matches_value(value); }

 private:
  MatchNodePtr child_;
};

/// {$expr: …}.
class ExpressionNode final : public MatchNode {
 public:
  ExpressionNode(bson::ValueView spec, const QueryContext& context);
  ~ExpressionNode() override;
  bool matches(bson::View document, MatchDetails* details) const override;
  bool matches_value(bson::ValueView) const override { return false; }
  /// The expression as it was written (owned here).
  bson::ValueView spec() const { return spec_; }
  /// What it was parsed with: the values of its variables among others.
  const QueryContext& context() const;

 private:
  struct Compiled;
  bson::Value spec_;
  std::unique_ptr<Compiled> compiled_;
};

class Schema;

/// {$jsonSchema: …} on the whole document.
class JsonSchemaNode final : public MatchNode {
 public:
  explicit JsonSchemaNode(bson::View spec);
  ~JsonSchemaNode() override;
  bool matches(bson::View document, MatchDetails* details) const override;
  bool matches_value(bson::ValueView) const override { return false; }

 private:
  std::unique_ptr<const Schema> schema_;
};

/// A predicate on what a path leads to.
class PathNode : public MatchNode {
 public:
  const Path& path() const { return path_; }
  LeafArrays leaf() const { return leaf_; }
  bool matches(bson::View document, MatchDetails* details) const override;

 protected:
  PathNode(MatchKind kind, std::string_view path, LeafArrays leaf)
      : MatchNode(kind), path_(path), leaf_(leaf) {}
  /// matches_value() that reports the matching element of the array `value`, where the predicate
  /// opens one.
  virtual bool matches_leaf(bson::ValueView value, MatchDetails* details) const;

 private:
  Path path_;
  LeafArrays leaf_;
};

/// $eq and implicit equality, $lt, $lte, $gt, $gte.
class ComparisonNode final : public PathNode {
 public:
  enum class Op { Equal, Less, LessEqual, Greater, GreaterEqual };
  ComparisonNode(std::string_view path, Op op, bson::ValueView operand,
                 const bson::StringOrder* order);
  Op op() const { return op_; }
  bson::ValueView operand() const { return operand_; }
  const bson::StringOrder* order() const { return order_; }
  bool matches_value(bson::ValueView value) const override;

 private:
  bool matches_other_type(bson::ValueView value) const;
  Op op_;
  bool operand_is_nan_;
  int rank_;
  bson::Value operand_;
  const bson::StringOrder* order_;
};

/// A regular expression on strings; values that are the same expression match too.
class RegexNode final : public PathNode {
 public:
  RegexNode(std::string_view path, std::string_view pattern, std::string_view options)
      : PathNode(MatchKind::Regex, path, LeafArrays::Open), regex_(pattern, options) {}
  const Regex& regex() const { return regex_; }
  bool matches_value(bson::ValueView value) const override;

 private:
  Regex regex_;
};

/// $in: values in comparison order without duplicates, and regular expressions.
class InNode final : public PathNode {
 public:
  InNode(std::string_view path, std::vector<bson::Value> values,
         std::vector<std::unique_ptr<const RegexNode>> regexes, const bson::StringOrder* order);
  const std::vector<bson::Value>& values() const { return values_; }
  const std::vector<std::unique_ptr<const RegexNode>>& regexes() const { return regexes_; }
  bool has_null() const { return has_null_; }
  const bson::StringOrder* order() const { return order_; }
  bool matches_value(bson::ValueView value) const override;

 private:
  std::vector<bson::Value> values_;
  std::vector<std::unique_ptr<const RegexNode>> regexes_;
  const bson::StringOrder* order_;
  bool has_null_ = false;
};

class ExistsNode final : public PathNode {
 public:
  explicit ExistsNode(std::string_view path)
      : PathNode(MatchKind::Exists, path, LeafArrays::Open) {}
  bool matches_value(bson::ValueView value) const override { return !value.missing(); }
};

/// A set of BSON types, as $type names them.
class TypeSet {
 public:
  void add(bson::Type type) { bits_.set(static_cast<std::uint8_t>(type)); }
  void add_numbers();
  bool has(bson::Type type) const { return bits_.test(static_cast<std::uint8_t>(type)); }

 private:
  std::bitset<256> bits_;
};

/// Adds what "int", "number", … name; throws BadValue for an unknown name.
void add_type_alias(TypeSet& types, std::string_view name);

class TypeNode final : public PathNode {
 public:
  TypeNode(std::string_view path, TypeSet types)
      : PathNode(MatchKind::Type, path, LeafArrays::Open), types_(types) {}
  const TypeSet& types() const { return types_; }
  bool matches_value(bson::ValueView value) const override {
    return !value.missing() && types_.has(value.type());
  }

 private:
  TypeSet types_;
};

class SizeNode final : public PathNode {
 public:
  SizeNode(std::string_view path, std::int64_t size)
      : PathNode(MatchKind::Size, path, LeafArrays::Whole), size_(size) {}
  std::int64_t size() const { return size_; }
  bool matches_value(bson::ValueView value) const override;

 private:
  std::int64_t size_;
};

class ModNode final : public PathNode {
 public:
  ModNode(std::string_view path, std::int64_t divisor, std::int64_t remainder)
      : PathNode(MatchKind::Mod, path, LeafArrays::Open),
        divisor_(divisor),
        remainder_(remainder) {}
  bool matches_value(bson::ValueView value) const override;

 private:
  std::int64_t divisor_;
  std::int64_t remainder_;
};

/// $bitsAllSet, $bitsAllClear, $bitsAnySet, $bitsAnyClear.
class BitsNode final : public PathNode {
 public:
  enum class Test { AllSet, AllClear, AnySet, AnyClear };
  BitsNode(std::string_view path, Test test, std::vector<std::uint32_t> positions)
      : PathNode(MatchKind::Bits, path, LeafArrays::Open),
        test_(test),
        positions_(std::move(positions)) {}
  bool matches_value(bson::ValueView value) const override;

 private:
  template <typename IsSet>
  bool decide(IsSet is_set) const;
  Test test_;
  std::vector<std::uint32_t> positions_;
};

/// {$elemMatch: {field: …}}: some element, a document or an array, matches the filter.
class ElemMatchObjectNode final : public PathNode {
 public:
  ElemMatchObjectNode(std::string_view path, MatchNodePtr filter)
      : PathNode(MatchKind::ElemMatchObject, path, LeafArrays::Whole), filter_(std::move(filter)) {}
  const MatchNode& filter() const { return *filter_; }
  bool matches_value(bson::ValueView value) const override { return matches_leaf(value, nullptr); }

 protected:
  bool matches_leaf(bson::ValueView value, MatchDetails* details) const override;

 private:
  MatchNodePtr filter_;
};

/// {$elemMatch: {$gt: …}}: some element satisfies all predicates.
class ElemMatchValueNode final : public PathNode {
 public:
  ElemMatchValueNode(std::string_view path, std::vector<MatchNodePtr> predicates)
      : PathNode(MatchKind::ElemMatchValue, path, LeafArrays::Whole),
        predicates_(std::move(predicates)) {}
  /// Nodes with an empty path.
  const std::vector<MatchNodePtr>& predicates() const { return predicates_; }
  bool matches_value(bson::ValueView value) const override { return matches_leaf(value, nullptr); }

 protected:
  bool matches_leaf(bson::ValueView value, MatchDetails* details) const override;

 private:
  std::vector<MatchNodePtr> predicates_;
};

}  // namespace freshet::query

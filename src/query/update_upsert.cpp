// SPDX-License-Identifier: Apache-2.0
#include "query/update_upsert.h"

#include <map>
#include <optional>

#include "base/error.h"
#include "query/update_apply.h"

namespace freshet::query {
namespace {

using Equalities = std::map<std::string, bson::ValueView, std::less<>>;

void add_equality(Equalities& out, const std::string& path, bson::ValueView value, bool only_id) {
  if (only_id && !is_path_prefix("_id", path)) return;
  for (const auto& [other, ignored] : out) {
    if (is_path_prefix(path, other) || is_path_prefix(other, path)) {
      raise(ErrorCode::NotSingleValueField,
            "cannot infer query fields to set, both paths '{}' and '{}' are matched", path, other);
    }
  }
  if (only_id && path != "_id") {
    constexpr std::int32_t kNotExactValueField = 111;
    raise(location(kNotExactValueField),
          "cannot infer query fields to set, path '{}' is not the whole of '_id'", path);
  }
  out.emplace(path, value);
}

void collect(const MatchNode& node, bool only_id, Equalities& out) {
  switch (node.kind()) {
    case MatchKind::And:
      for (const MatchNodePtr& child : static_cast<const ListNode&>(node).children())
        collect(*child, only_id, out);
      return;
    case MatchKind::Comparison: {
      const auto& comparison = static_cast<const ComparisonNode&>(node);
      if (comparison.op() != ComparisonNode::Op::Equal) return;
      return add_equality(out, comparison.path().text(), comparison.operand(), only_id);
    }
    case MatchKind::In: {
      const auto& in = static_cast<const InNode&>(node);
      if (in.values().size() != 1 || !in.regexes().empty()) return;
      return add_equality(out, in.path().text(), in.values()[0].view(), only_id);
    }
    default:
      return;
  }
}

void refuse_expr(const MatchNode& node) {
  switch (node.kind()) {
    case MatchKind::Expression:
      raise(ErrorCode::QueryFeatureNotAllowed,
            "$expr is not allowed in the query predicate for an upsert");
    case MatchKind::And:
    case MatchKind::Or:
    case MatchKind::Nor:
      for (const MatchNodePtr& child : static_cast<const ListNode&>(node).children())
        refuse_expr(*child);
      return;
    default:
      return;
  }
}

}  // namespace

std::string upsert_base(const MatchNode& filter, bool only_id, const QueryContext& context) {
  refuse_expr(filter);
  Equalities equalities;
  collect(filter, only_id, equalities);
  UpdateTree tree;
  const ArrayFilters no_filters;
  for (const auto& [path, value] : equalities) {
    tree.add(Path(path), tree.keep(make_set(bson::Element(path, value), context)), no_filters);
  }
  DeltaNode delta;
  return UpdateRun(tree, no_filters, context, std::nullopt, true).apply(bson::View(), delta);
}

void check_upsert_id(bson::ValueView id) {
  const bson::Type type = id.type();
  if (type == bson::Type::Array || type == bson::Type::Regex || type == bson::Type::Undefined) {
    raise(ErrorCode::InvalidIdField, "the '_id' value cannot be of type {}",
          bson::type_alias(type));
  }
  if (type != bson::Type::Document) return;
  for (const bson::Element& element : id.as_document()) {
    if (element.name().starts_with('$')) {
      raise(ErrorCode::DollarPrefixedFieldName,
            "_id fields may not contain '$'-prefixed fields: {} is not valid for storage",
            element.name());
    }
  }
}

}  // namespace freshet::query

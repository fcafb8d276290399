// SPDX-License-Identifier: Apache-2.0
// The two tables of filter operators, and the walk that consults them.
#include "query/match_parse.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/error.h"

namespace freshet::query {
namespace {

/// Nesting of filters; documents from outside cannot nest deeper than this anyway.
constexpr int kFilterDepthMax = 200;

struct FieldOperator {
  std::string_view name;
  MatchNodePtr (*parse)(const FieldPredicate&, MatchParse&);
};

constexpr FieldOperator kFieldOperators[] = {
    {"$all", parse_all},
    {"$bitsAllClear", parse_bits_all_clear},
    {"$bitsAllSet", parse_bits_all_set},
    {"$bitsAnyClear", parse_bits_any_clear},
    {"$bitsAnySet", parse_bits_any_set},
    {"$elemMatch", parse_elem_match},
    {"$eq", parse_eq},
    {"$exists", parse_exists},
    {"$geoIntersects", parse_geo_intersects},
    {"$geoWithin", parse_geo_within},
    {"$gt", parse_gt},
    {"$gte", parse_gte},
    {"$in", parse_in},
    {"$lt", parse_lt},
    {"$lte", parse_lte},
    {"$maxDistance", parse_near_bound},
    {"$minDistance", parse_near_bound},
    {"$mod", parse_mod},
    {"$ne", parse_ne},
    {"$near", parse_near},
    {"$nearSphere", parse_near},
    {"$nin", parse_nin},
    {"$not", parse_not},
    {"$options", parse_options},
    {"$regex", parse_regex},
    {"$size", parse_size},
    {"$type", parse_type},
    {"$within", parse_geo_within},
};

struct TopOperator {
  std::string_view name;
  MatchNodePtr (*parse)(bson::Element, MatchParse&);  ///< nullptr as result: nothing to check
};

constexpr TopOperator kTopOperators[] = {
    {"$alwaysFalse", parse_always_false},
    {"$alwaysTrue", parse_always_true},
    {"$and", parse_and},
    {"$comment", parse_comment},
    {"$expr", parse_expr},
    {"$jsonSchema", parse_json_schema},
    {"$nor", parse_nor},
    {"$or", parse_or},
    {"$sampleRate", parse_sample_rate},
    {"$text", parse_text},
    {"$where", refuse_where},
};

template <typename Row, std::size_t N>
const Row* find_row(const Row (&table)[N], std::string_view name) {
  for (const Row& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

bool is_dbref_field(std::string_view name) {
  return name == "$ref" || name == "$id" || name == "$db";
}

MatchNodePtr parse_top_operator(const bson::Element& element, MatchParse& parse) {
  const TopOperator* row = find_row(kTopOperators, element.name());
  if (row == nullptr) {
    raise(ErrorCode::BadValue,
          "unknown top level operator: {}. If you have a field name that starts with a '$' symbol, "
          "consider using "
          "$getField or $setField",
          element.name());
  }
  return row->parse(element, parse);
}

}  // namespace

bool is_dbref(bson::View document) {
  auto at = document.begin();
  const auto end = document.end();
  if (at == end || at->name() != "$ref" || !at->is_string()) return false;
  ++at;
  return at != end && at->name() == "$id";
}

bool is_field_operator(std::string_view name) {
  return name != "$not" && find_row(kFieldOperators, name) != nullptr;
}

bool is_operator_document(bson::ValueView value) {
  if (!value.is_document() || value.as_document().empty()) return false;
  const bson::View document = value.as_document();
  const std::string_view first = document.begin()->name();
  if (!first.starts_with('$')) return false;
  return !is_dbref_field(first) || !is_dbref(document);
}

namespace {

/// Where a predicate stands among the clauses of an $and. MongoDB evaluates them in this order,
/// which shows where several look into arrays: the last one decides what `$` stands for.
int evaluation_rank(const MatchNode& node) {
  constexpr MatchKind kOrder[] = {
      MatchKind::And,
      MatchKind::Or,
      MatchKind::ElemMatchObject,
      MatchKind::ElemMatchValue,
      MatchKind::Size,
      MatchKind::Comparison,
      MatchKind::Regex,
      MatchKind::Mod,
      MatchKind::Exists,
      MatchKind::In,
      MatchKind::Bits,
      MatchKind::Not,
      MatchKind::Nor,
      MatchKind::Type,
  };
  constexpr int kComparisons = 8;  // room for one rank per operator
  const auto* at = std::ranges::find(kOrder, node.kind());
  const int rank = static_cast<int>(at - std::begin(kOrder)) * kComparisons;
  if (node.kind() != MatchKind::Comparison) return rank;
  using Op = ComparisonNode::Op;
  constexpr Op kOps[] = {Op::Equal, Op::LessEqual, Op::Less, Op::Greater, Op::GreaterEqual};
  const auto* op = std::ranges::find(kOps, static_cast<const ComparisonNode&>(node).op());
  return rank + static_cast<int>(op - std::begin(kOps));
}

bool evaluated_before(const MatchNodePtr& a, const MatchNodePtr& b) {
  const int left = evaluation_rank(*a);
  const int right = evaluation_rank(*b);
  if (left != right) return left < right;
  const auto* left_path = dynamic_cast<const PathNode*>(a.get());
  const auto* right_path = dynamic_cast<const PathNode*>(b.get());
  return left_path != nullptr && right_path != nullptr &&
         left_path->path().text() < right_path->path().text();
}

}  // namespace

MatchNodePtr make_and(std::vector<MatchNodePtr> children) {
  std::vector<MatchNodePtr> flat;
  for (MatchNodePtr& child : children) {
    if (child->kind() == MatchKind::AlwaysTrue) continue;
    if (child->kind() != MatchKind::And) {
      flat.push_back(std::move(child));
      continue;
    }
    for (MatchNodePtr& inner : static_cast<ListNode&>(*child).release())
      flat.push_back(std::move(inner));
  }
  if (flat.empty()) return std::make_unique<ConstantNode>(true);
  if (flat.size() == 1) return std::move(flat[0]);
  std::ranges::stable_sort(flat, evaluated_before);
  return std::make_unique<ListNode>(MatchKind::And, std::move(flat));
}

MatchNodePtr parse_filter(bson::View filter, MatchParse& parse) {
  if (++parse.depth > kFilterDepthMax)
    raise(ErrorCode::BadValue, "filter is nested deeper than {}", kFilterDepthMax);
  std::vector<MatchNodePtr> children;
  for (const bson::Element& element : filter) {
    const std::string_view name = element.name();
    if (name.starts_with('$') && !(parse.in_elem_match && is_dbref_field(name))) {
      if (MatchNodePtr node = parse_top_operator(element, parse))
        children.push_back(std::move(node));
    } else if (is_operator_document(element)) {
      for (MatchNodePtr& node : parse_operators(name, element.as_document(), parse)) {
        children.push_back(std::move(node));
      }
    } else {
      children.push_back(parse_equality(name, element, parse));
    }
  }
  --parse.depth;
  return make_and(std::move(children));
}

std::vector<MatchNodePtr> parse_operators(std::string_view path, bson::View operators,
                                          MatchParse& parse) {
  if (++parse.depth > kFilterDepthMax)
    raise(ErrorCode::BadValue, "filter is nested deeper than {}", kFilterDepthMax);
  std::vector<MatchNodePtr> nodes;
  for (const bson::Element& element : operators) {
    const FieldOperator* row = find_row(kFieldOperators, element.name());
    if (row == nullptr) raise(ErrorCode::BadValue, "unknown operator: {}", element.name());
    if (MatchNodePtr node = row->parse({path, element, operators}, parse))
      nodes.push_back(std::move(node));
  }
  --parse.depth;
  return nodes;
}

MatchNodePtr parse_equality(std::string_view path, bson::ValueView operand, MatchParse& parse) {
  if (operand.type() == bson::Type::Regex) return make_regex(path, operand);
  return parse_eq({path, bson::Element("$eq", operand), bson::View()}, parse);
}

}  // namespace freshet::query

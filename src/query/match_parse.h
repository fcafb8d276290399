// SPDX-License-Identifier: Apache-2.0
// Parsing of filters: entry points, and the functions that the table of operators in
// match_parse.cpp names.
#pragma once

#include <string_view>
#include <vector>

#include "bson/view.h"
#include "query/context.h"
#include "query/match_node.h"

namespace freshet::query {

/// What parsing carries down.
struct MatchParse {
  const QueryContext& context;
  bool in_elem_match = false;
  bool in_nor = false;
  bool of_parts = false;  ///< see FilterOf
  bool in_or = false;
  bool in_not = false;
  bool has_text = false;  ///< a $text was met: there may be one
  bool has_near = false;  ///< the same of $near and $nearSphere
  int depth = 0;
};

/// One operator of {path: {$op: argument, …}}; `siblings` is the document around it ($regex looks
/// for $options).
struct FieldPredicate {
  std::string_view path;
  bson::Element argument;
  bson::View siblings;
};

/// A whole filter.
MatchNodePtr parse_filter(bson::View filter, MatchParse& parse);
/// The operators of {path: {$op: …, …}}, one node each.
std::vector<MatchNodePtr> parse_operators(std::string_view path, bson::View operators,
                                          MatchParse& parse);
/// True for a document whose first name begins with '$' and that is not a DBRef.
bool is_operator_document(bson::ValueView value);
/// True for the operators that may stand on a field's right side, $not aside.
bool is_field_operator(std::string_view name);
/// True for {$ref: …, $id: …} in that order.
bool is_dbref(bson::View document);
/// And over `children`, or the only one, or always true.
MatchNodePtr make_and(std::vector<MatchNodePtr> children);
/// {path: operand} without an operator.
MatchNodePtr parse_equality(std::string_view path, bson::ValueView operand, MatchParse& parse);

// match_comparison.cpp
MatchNodePtr parse_eq(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_ne(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_lt(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_lte(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_gt(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_gte(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_in(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_nin(const FieldPredicate& predicate, MatchParse& parse);
// match_regex.cpp
MatchNodePtr parse_regex(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_options(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr make_regex(std::string_view path, bson::ValueView regex);
// match_type.cpp
MatchNodePtr parse_exists(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_type(const FieldPredicate& predicate, MatchParse& parse);
// match_array.cpp
MatchNodePtr parse_elem_match(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_all(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_size(const FieldPredicate& predicate, MatchParse& parse);
// match_number.cpp
MatchNodePtr parse_mod(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_bits_all_set(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_bits_all_clear(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_bits_any_set(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_bits_any_clear(const FieldPredicate& predicate, MatchParse& parse);
// match_logical.cpp
MatchNodePtr parse_not(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_and(bson::Element argument, MatchParse& parse);
MatchNodePtr parse_or(bson::Element argument, MatchParse& parse);
MatchNodePtr parse_nor(bson::Element argument, MatchParse& parse);
MatchNodePtr parse_expr(bson::Element argument, MatchParse& parse);
MatchNodePtr parse_always_true(bson::Element argument, MatchParse& parse);
MatchNodePtr parse_always_false(bson::Element argument, MatchParse& parse);
MatchNodePtr parse_comment(bson::Element argument, MatchParse& parse);
MatchNodePtr parse_sample_rate(bson::Element argument, MatchParse& parse);
// match_geo.cpp
MatchNodePtr parse_geo_within(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_geo_intersects(const FieldPredicate& predicate, MatchParse& parse);
// match_near.cpp
MatchNodePtr parse_near(const FieldPredicate& predicate, MatchParse& parse);
MatchNodePtr parse_near_bound(const FieldPredicate& predicate, MatchParse& parse);
// match_text.cpp
MatchNodePtr parse_text(bson::Element argument, MatchParse& parse);
// match_schema.cpp
MatchNodePtr parse_json_schema(bson::Element argument, MatchParse& parse);
// match_unsupported.cpp: operators MongoDB has and we do not, with the errors a server without them
// gives
MatchNodePtr refuse_where(bson::Element argument, MatchParse& parse);

}  // namespace freshet::query

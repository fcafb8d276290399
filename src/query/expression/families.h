// SPDX-License-Identifier: Apache-2.0
// The functions behind the operator table, one block per file of this folder. Only table.cpp and
// the families see it.
#pragma once

#include "query/expression/node.h"

namespace freshet::query {

// arithmetic.cpp
Value eval_add(const Operands& in);
Value eval_subtract(const Operands& in);
Value eval_multiply(const Operands& in);
Value eval_divide(const Operands& in);
Value eval_mod(const Operands& in);
Value eval_abs(const Operands& in);
Value eval_ceil(const Operands& in);
Value eval_floor(const Operands& in);
Value eval_round(const Operands& in);
Value eval_trunc(const Operands& in);

// power.cpp
Value eval_pow(const Operands& in);
Value eval_sqrt(const Operands& in);
Value eval_exp(const Operands& in);
Value eval_ln(const Operands& in);
Value eval_log(const Operands& in);
Value eval_log10(const Operands& in);

// trigonometry.cpp: the operator's name says which function
Value eval_trigonometry(const Operands& in);
Value eval_atan2(const Operands& in);

// bitwise.cpp
Value eval_bit_and(const Operands& in);
Value eval_bit_or(const Operands& in);
Value eval_bit_xor(const Operands& in);
Value eval_bit_not(const Operands& in);

// logic.cpp
Value eval_eq(const Operands& in);
Value eval_ne(const Operands& in);
Value eval_gt(const Operands& in);
Value eval_gte(const Operands& in);
Value eval_lt(const Operands& in);
Value eval_lte(const Operands& in);
Value eval_cmp(const Operands& in);
Value eval_and(const Operands& in);
Value eval_or(const Operands& in);
Value eval_not(const Operands& in);
Value eval_if_null(const Operands& in);
ExpressionPtr parse_cond(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_switch(const Operator& op, ValueView spec, ParseScope& scope);
Value eval_cond(const Operands& in);

// variables.cpp
ExpressionPtr parse_let(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_literal(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_map(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_filter(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_reduce(const Operator& op, ValueView spec, ParseScope& scope);

// array.cpp
Value eval_array_elem_at(const Operands& in);
Value eval_first(const Operands& in);
Value eval_last(const Operands& in);
Value eval_concat_arrays(const Operands& in);
Value eval_in(const Operands& in);
Value eval_index_of_array(const Operands& in);
Value eval_is_array(const Operands& in);
Value eval_size(const Operands& in);
Value eval_reverse_array(const Operands& in);
Value eval_slice(const Operands& in);
Value eval_range(const Operands& in);

// array_order.cpp
ExpressionPtr parse_sort_array(const Operator& op, ValueView spec, ParseScope& scope);
Value eval_first_n(const Operands& in);
Value eval_last_n(const Operands& in);
Value eval_max_n(const Operands& in);
Value eval_min_n(const Operands& in);
ExpressionPtr parse_zip(const Operator& op, ValueView spec, ParseScope& scope);

// object.cpp
Value eval_object_to_array(const Operands& in);
Value eval_array_to_object(const Operands& in);
Value eval_merge_objects(const Operands& in);
ExpressionPtr parse_get_field(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_set_field(const Operator& op, ValueView spec, ParseScope& scope);

// set.cpp
Value eval_set_union(const Operands& in);
Value eval_set_intersection(const Operands& in);
Value eval_set_difference(const Operands& in);
Value eval_set_equals(const Operands& in);
Value eval_set_is_subset(const Operands& in);
Value eval_any_element_true(const Operands& in);
Value eval_all_elements_true(const Operands& in);

// string.cpp
Value eval_concat(const Operands& in);
Value eval_to_lower(const Operands& in);
Value eval_to_upper(const Operands& in);
Value eval_strcasecmp(const Operands& in);
Value eval_str_len_bytes(const Operands& in);
Value eval_str_len_cp(const Operands& in);
Value eval_split(const Operands& in);
Value eval_replace_one(const Operands& in);
Value eval_replace_all(const Operands& in);
Value eval_trim(const Operands& in);

// string_position.cpp
Value eval_substr_bytes(const Operands& in);
Value eval_substr_cp(const Operands& in);
Value eval_index_of_bytes(const Operands& in);
Value eval_index_of_cp(const Operands& in);

// regex_match.cpp
PreparedPtr prepare_regex(const OperandList& operands);
Value eval_regex_match(const Operands& in);
Value eval_regex_find(const Operands& in);
Value eval_regex_find_all(const Operands& in);

// date_parts.cpp
ExpressionPtr parse_date_part(const Operator& op, ValueView spec, ParseScope& scope);
PreparedPtr prepare_date_part(const OperandList& operands);
Value eval_date_part(const Operands& in);
PreparedPtr prepare_date_to_parts(const OperandList& operands);
Value eval_date_to_parts(const Operands& in);
PreparedPtr prepare_date_from_parts(const OperandList& operands);
Value eval_date_from_parts(const Operands& in);

// date_text.cpp
PreparedPtr prepare_date_to_string(const OperandList& operands);
Value eval_date_to_string(const Operands& in);
PreparedPtr prepare_date_from_string(const OperandList& operands);
Value eval_date_from_string(const Operands& in);

// date_arithmetic.cpp
PreparedPtr prepare_date_add(const OperandList& operands);
Value eval_date_add(const Operands& in);
PreparedPtr prepare_date_diff(const OperandList& operands);
Value eval_date_diff(const Operands& in);
PreparedPtr prepare_date_trunc(const OperandList& operands);
Value eval_date_trunc(const Operands& in);
Value eval_ts_second(const Operands& in);
Value eval_ts_increment(const Operands& in);

// convert.cpp
Value eval_convert(const Operands& in);
Value eval_to_type(const Operands& in);
Value eval_type(const Operands& in);
Value eval_is_number(const Operands& in);

// accumulate.cpp
Value eval_accumulate(const Operands& in);
ExpressionPtr parse_percentile(const Operator& op, ValueView spec, ParseScope& scope);

// miscellaneous.cpp
Value eval_bson_size(const Operands& in);
Value eval_binary_size(const Operands& in);
Value eval_to_hashed_index_key(const Operands& in);
Value eval_rand(const Operands& in);
ExpressionPtr parse_sample_rate(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_meta(const Operator& op, ValueView spec, ParseScope& scope);
ExpressionPtr parse_javascript(const Operator& op, ValueView spec, ParseScope& scope);

}  // namespace freshet::query

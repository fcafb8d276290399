// SPDX-License-Identifier: Apache-2.0
// The operators of aggregation expressions: one row each. To add one, write its function in a
// family file, declare it in families.h, add a row here.
#include <algorithm>

#include "query/expression/families.h"

namespace freshet::query {
namespace {

using Evaluate = Value (*)(const Operands&);
using Parse = ExpressionPtr (*)(const Operator&, ValueView, ParseScope&);
using Prepare = PreparedPtr (*)(const OperandList&);

constexpr std::uint8_t kAny = kAnyNumber;

/// {$op: operand} or {$op: [operand …]}.
constexpr Operator positional(std::string_view name, Evaluate evaluate, std::uint8_t operands_min,
                              std::uint8_t operands_max, std::int32_t arity_code = 0) {
  Operator op;
  op.name = name;
  op.evaluate = evaluate;
  op.operands_min = operands_min;
  op.operands_max = operands_max;
  op.arity_code = arity_code;
  return op;
}

/// {$op: {name: operand …}}.
constexpr Operator named(std::string_view name, Evaluate evaluate, const NamedOperands& operands,
                         Prepare prepare = nullptr) {
  Operator op;
  op.name = name;
  op.evaluate = evaluate;
  op.named = &operands;
  op.prepare = prepare;
  return op;
}

/// Parses itself; with `evaluate` when the parser makes an ordinary operator node.
constexpr Operator special(std::string_view name, Parse parse, Evaluate evaluate = nullptr,
                           Prepare prepare = nullptr) {
  Operator op;
  op.name = name;
  op.parse = parse;
  op.evaluate = evaluate;
  op.prepare = prepare;
  return op;
}

constexpr Operator impure(Operator op) {
  op.pure = false;
  return op;
}

constexpr Operator date_part(std::string_view name) {
  return special(name, parse_date_part, eval_date_part, prepare_date_part);
}

constexpr NamedOperand kTrimList[] = {{"input", 50695}, {"chars"}};
constexpr NamedOperands kTrim{kTrimList, 50696, 50694};
constexpr NamedOperand kReplaceList[] = {{"input", 51749}, {"find", 51748}, {"replacement", 51747}};
constexpr NamedOperands kReplace{kReplaceList, 51751, 51750};
constexpr NamedOperand kRegexList[] = {{"input", 31022}, {"regex", 31023}, {"options"}};
constexpr NamedOperands kRegex{kRegexList, 51103, 31024};
constexpr NamedOperand kDateToPartsList[] = {{"date", 40522}, {"timezone"}, {"iso8601"}};
constexpr NamedOperands kDateToParts{kDateToPartsList, 40524, 40520};
constexpr NamedOperand kDateFromPartsList[] = {
    {"year"},        {"month"},       {"day"},     {"hour"},         {"minute"},  {"second"},
    {"millisecond"}, {"isoWeekYear"}, {"isoWeek"}, {"isoDayOfWeek"}, {"timezone"}};
constexpr NamedOperands kDateFromParts{kDateFromPartsList, 40519, 40518};
constexpr NamedOperand kDateToStringList[] = {
    {"date", 18628}, {"format"}, {"timezone"}, {"onNull"}};
constexpr NamedOperands kDateToString{kDateToStringList, 18629, 18534};
constexpr NamedOperand kDateFromStringList[] = {
    {"dateString", 40542}, {"format"}, {"timezone"}, {"onNull"}, {"onError"}};
constexpr NamedOperands kDateFromString{kDateFromStringList, 40540, 40541};
constexpr NamedOperand kDateAddList[] = {
    {"startDate", 5166402}, {"unit", 5166402}, {"amount", 5166402}, {"timezone"}};
constexpr NamedOperands kDateAdd{kDateAddList, 5166400, 5166401};
constexpr NamedOperand kDateDiffList[] = {
    {"startDate", 5166303}, {"endDate", 5166304}, {"unit", 5166305}, {"timezone"}, {"startOfWeek"}};
constexpr NamedOperands kDateDiff{kDateDiffList, 5166301, 5166302};
constexpr NamedOperand kDateTruncList[] = {
    {"date", 5439009}, {"unit", 5439010}, {"binSize"}, {"timezone"}, {"startOfWeek"}};
constexpr NamedOperands kDateTrunc{kDateTruncList, 5439007, 5439008};
constexpr NamedOperand kConvertList[] = {
    {"input", 9}, {"to", 9}, {"onError"}, {"onNull"}, {"format"}};
constexpr NamedOperands kConvert{kConvertList, 9, 9};
constexpr NamedOperand kNList[] = {{"n", 5787906}, {"input", 5787907}};
constexpr NamedOperands kN{kNList, 5787900, 5787901};

constexpr NamedOperands kNoOperands{{}, 3040500, 3040501};

constexpr Operator kOperators[] = {
    // arithmetic
    positional("$abs", eval_abs, 1, 1),
    positional("$add", eval_add, 0, kAny),
    positional("$ceil", eval_ceil, 1, 1),
    positional("$divide", eval_divide, 2, 2),
    positional("$exp", eval_exp, 1, 1),
    positional("$floor", eval_floor, 1, 1),
    positional("$ln", eval_ln, 1, 1),
    positional("$log", eval_log, 2, 2),
    positional("$log10", eval_log10, 1, 1),
    positional("$mod", eval_mod, 2, 2),
    positional("$multiply", eval_multiply, 0, kAny),
    positional("$pow", eval_pow, 2, 2),
    positional("$round", eval_round, 1, 2),
    positional("$sqrt", eval_sqrt, 1, 1),
    positional("$subtract", eval_subtract, 2, 2),
    positional("$trunc", eval_trunc, 1, 2),
    // trigonometry
    positional("$sin", eval_trigonometry, 1, 1),
    positional("$cos", eval_trigonometry, 1, 1),
    positional("$tan", eval_trigonometry, 1, 1),
    positional("$asin", eval_trigonometry, 1, 1),
    positional("$acos", eval_trigonometry, 1, 1),
    positional("$atan", eval_trigonometry, 1, 1),
    positional("$atan2", eval_atan2, 2, 2),
    positional("$sinh", eval_trigonometry, 1, 1),
    positional("$cosh", eval_trigonometry, 1, 1),
    positional("$tanh", eval_trigonometry, 1, 1),
    positional("$asinh", eval_trigonometry, 1, 1),
    positional("$acosh", eval_trigonometry, 1, 1),
    positional("$atanh", eval_trigonometry, 1, 1),
    positional("$degreesToRadians", eval_trigonometry, 1, 1),
    positional("$radiansToDegrees", eval_trigonometry, 1, 1),
    // bitwise
    positional("$bitAnd", eval_bit_and, 0, kAny),
    positional("$bitOr", eval_bit_or, 0, kAny),
    positional("$bitXor", eval_bit_xor, 0, kAny),
    positional("$bitNot", eval_bit_not, 1, 1),
    // comparison, boolean, conditional
    positional("$eq", eval_eq, 2, 2),
    positional("$ne", eval_ne, 2, 2),
    positional("$gt", eval_gt, 2, 2),
    positional("$gte", eval_gte, 2, 2),
    positional("$lt", eval_lt, 2, 2),
    positional("$lte", eval_lte, 2, 2),
    positional("$cmp", eval_cmp, 2, 2),
    positional("$and", eval_and, 0, kAny),
    positional("$or", eval_or, 0, kAny),
    positional("$not", eval_not, 1, 1),
    special("$cond", parse_cond, eval_cond),
    positional("$ifNull", eval_if_null, 2, kAny, 1257300),
    special("$switch", parse_switch),
    // variables and literals
    special("$let", parse_let),
    special("$literal", parse_literal),
    special("$const", parse_literal),
    // arrays
    special("$map", parse_map),
    special("$filter", parse_filter),
    special("$reduce", parse_reduce),
    special("$sortArray", parse_sort_array),
    special("$zip", parse_zip),
    positional("$arrayElemAt", eval_array_elem_at, 2, 2),
    positional("$first", eval_first, 1, 1),
    positional("$last", eval_last, 1, 1),
    positional("$concatArrays", eval_concat_arrays, 0, kAny),
    positional("$in", eval_in, 2, 2),
    positional("$indexOfArray", eval_index_of_array, 2, 4),
    positional("$isArray", eval_is_array, 1, 1),
    positional("$size", eval_size, 1, 1),
    positional("$reverseArray", eval_reverse_array, 1, 1),
    positional("$slice", eval_slice, 2, 3),
    positional("$range", eval_range, 2, 3),
    named("$firstN", eval_first_n, kN),
    named("$lastN", eval_last_n, kN),
    named("$maxN", eval_max_n, kN),
    named("$minN", eval_min_n, kN),
    // objects
    positional("$objectToArray", eval_object_to_array, 1, 1),
    positional("$arrayToObject", eval_array_to_object, 1, 1),
    positional("$mergeObjects", eval_merge_objects, 0, kAny),
    special("$getField", parse_get_field),
    special("$setField", parse_set_field),
    special("$unsetField", parse_set_field),
    // sets
    positional("$setUnion", eval_set_union, 0, kAny),
    positional("$setIntersection", eval_set_intersection, 0, kAny),
    positional("$setDifference", eval_set_difference, 2, 2),
    positional("$setEquals", eval_set_equals, 2, kAny, 17045),
    positional("$setIsSubset", eval_set_is_subset, 2, 2),
    positional("$anyElementTrue", eval_any_element_true, 1, 1),
    positional("$allElementsTrue", eval_all_elements_true, 1, 1),
    // strings
    positional("$concat", eval_concat, 0, kAny),
    positional("$toLower", eval_to_lower, 1, 1),
    positional("$toUpper", eval_to_upper, 1, 1),
    positional("$strcasecmp", eval_strcasecmp, 2, 2),
    positional("$strLenBytes", eval_str_len_bytes, 1, 1),
    positional("$strLenCP", eval_str_len_cp, 1, 1),
    positional("$split", eval_split, 2, 2),
    positional("$substr", eval_substr_bytes, 3, 3),
    positional("$substrBytes", eval_substr_bytes, 3, 3),
    positional("$substrCP", eval_substr_cp, 3, 3),
    positional("$indexOfBytes", eval_index_of_bytes, 2, 4),
    positional("$indexOfCP", eval_index_of_cp, 2, 4),
    named("$replaceOne", eval_replace_one, kReplace),
    named("$replaceAll", eval_replace_all, kReplace),
    named("$trim", eval_trim, kTrim),
    named("$ltrim", eval_trim, kTrim),
    named("$rtrim", eval_trim, kTrim),
    named("$regexMatch", eval_regex_match, kRegex, prepare_regex),
    named("$regexFind", eval_regex_find, kRegex, prepare_regex),
    named("$regexFindAll", eval_regex_find_all, kRegex, prepare_regex),
    // dates
    date_part("$year"),
    date_part("$month"),
    date_part("$dayOfMonth"),
    date_part("$dayOfWeek"),
    date_part("$dayOfYear"),
    date_part("$hour"),
    date_part("$minute"),
    date_part("$second"),
    date_part("$millisecond"),
    date_part("$week"),
    date_part("$isoWeek"),
    date_part("$isoWeekYear"),
    date_part("$isoDayOfWeek"),
    named("$dateToParts", eval_date_to_parts, kDateToParts, prepare_date_to_parts),
    named("$dateFromParts", eval_date_from_parts, kDateFromParts, prepare_date_from_parts),
    named("$dateToString", eval_date_to_string, kDateToString, prepare_date_to_string),
    named("$dateFromString", eval_date_from_string, kDateFromString, prepare_date_from_string),
    named("$dateAdd", eval_date_add, kDateAdd, prepare_date_add),
    named("$dateSubtract", eval_date_add, kDateAdd, prepare_date_add),
    named("$dateDiff", eval_date_diff, kDateDiff, prepare_date_diff),
    named("$dateTrunc", eval_date_trunc, kDateTrunc, prepare_date_trunc),
    positional("$tsSecond", eval_ts_second, 1, 1),
    positional("$tsIncrement", eval_ts_increment, 1, 1),
    // types
    named("$convert", eval_convert, kConvert),
    positional("$toInt", eval_to_type, 1, 1, 50723),
    positional("$toLong", eval_to_type, 1, 1, 50723),
    positional("$toDouble", eval_to_type, 1, 1, 50723),
    positional("$toDecimal", eval_to_type, 1, 1, 50723),
    positional("$toString", eval_to_type, 1, 1, 50723),
    positional("$toBool", eval_to_type, 1, 1, 50723),
    positional("$toDate", eval_to_type, 1, 1, 50723),
    positional("$toObjectId", eval_to_type, 1, 1, 50723),
    positional("$toUUID", eval_to_type, 1, 1, 50723),
    positional("$type", eval_type, 1, 1),
    positional("$isNumber", eval_is_number, 1, 1),
    // size
    positional("$bsonSize", eval_bson_size, 1, 1),
    positional("$binarySize", eval_binary_size, 1, 1),
    positional("$toHashedIndexKey", eval_to_hashed_index_key, 1, 1),
    // accumulators over arrays
    positional("$sum", eval_accumulate, 0, kAny),
    positional("$avg", eval_accumulate, 0, kAny),
    positional("$min", eval_accumulate, 0, kAny),
    positional("$max", eval_accumulate, 0, kAny),
    positional("$stdDevPop", eval_accumulate, 0, kAny),
    positional("$stdDevSamp", eval_accumulate, 0, kAny),
    special("$median", parse_percentile),
    special("$percentile", parse_percentile),
    // chance, metadata, JavaScript
    impure(named("$rand", eval_rand, kNoOperands)),
    special("$sampleRate", parse_sample_rate),
    special("$meta", parse_meta),
    special("$function", parse_javascript),
    special("$accumulator", parse_javascript),
};

}  // namespace

const Operator* find_operator(std::string_view name) {
  const auto* found = std::ranges::find(kOperators, name, &Operator::name);
  return found == std::end(kOperators) ? nullptr : found;
}

}  // namespace freshet::query

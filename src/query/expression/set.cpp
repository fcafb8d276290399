// SPDX-License-Identifier: Apache-2.0
// Arrays as sets: $setUnion $setIntersection $setDifference $setEquals $setIsSubset $anyElementTrue
// $allElementsTrue. Results are in MongoDB's value order.
#include <set>
#include <vector>

#include "base/error.h"
#include "bson/compare.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

struct ValueLess {
  const bson::StringOrder* collation;
  bool operator()(ValueView a, ValueView b) const { return bson::compare(a, b, collation) < 0; }
};
using ValueSet = std::set<ValueView, ValueLess>;

std::string_view alias(const Value& value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

/// An operand that must be an array: null gives null when `null_code` is 0.
Value set_operand(const Operands& in, std::size_t index, int code) {
  Value value = in[index];
  if (!value.view().is_array()) {
    raise(location(code), "All operands of {} must be arrays, found {}", in.name(), alias(value));
  }
  return value;
}

ValueSet set_of(const Operands& in, const Value& array) {
  ValueSet set(ValueLess{in.collation()});
  for (const auto& element : array.view().as_document())
    set.insert(element.value());
  return set;
}

Value array_of(const ValueSet& set) {
  bson::Builder out;
  for (const auto& value : set)
    out.push(value);
  return finish_array(out);
}

bool contains_all(const ValueSet& big, const ValueSet& small) {
  for (const auto& value : small) {
    if (!big.contains(value)) return false;
  }
  return true;
}

}  // namespace

Value eval_set_union(const Operands& in) {
  ValueSet set(ValueLess{in.collation()});
  std::vector<Value> alive;
  for (std::size_t i = 0; i < in.size(); ++i) {
    alive.push_back(in[i]);
    if (alive.back().nullish()) return Value::null();
    if (!alive.back().view().is_array()) {
      raise(location(17043), "All operands of $setUnion must be arrays, found {}",
            alias(alive.back()));
    }
    for (const auto& element : alive.back().view().as_document())
      set.insert(element.value());
  }
  return array_of(set);
}

Value eval_set_intersection(const Operands& in) {
  ValueSet set(ValueLess{in.collation()});
  Value first;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Value array = in[i];
    if (array.nullish()) return Value::null();
    if (!array.view().is_array()) {
      raise(location(17047), "All operands of $setIntersection must be arrays, found {}",
            alias(array));
    }
    if (i == 0) {
      first = array;
      set = set_of(in, first);
      continue;
    }
    const ValueSet other = set_of(in, array);
    std::erase_if(set, [&](ValueView value) { return !other.contains(value); });
    if (set.empty()) break;
  }
  return array_of(set);
}

Value eval_set_difference(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  if (left.nullish() || right.nullish()) return Value::null();
  if (!left.view().is_array())
    raise(location(17048), "both operands of $setDifference must be arrays");
  if (!right.view().is_array())
    raise(location(17049), "both operands of $setDifference must be arrays");
  ValueSet seen = set_of(in, right);
  bson::Builder out;
  for (const auto& element : left.view().as_document()) {
    if (seen.insert(element.value()).second) out.push(element.value());
  }
  return finish_array(out);
}

Value eval_set_equals(const Operands& in) {
  const Value first = set_operand(in, 0, 17044);
  const ValueSet set = set_of(in, first);
  for (std::size_t i = 1; i < in.size(); ++i) {
    const Value array = set_operand(in, i, 17044);
    const ValueSet other = set_of(in, array);
    if (other.size() != set.size() || !contains_all(set, other)) return Value::boolean(false);
  }
  return Value::boolean(true);
}

Value eval_set_is_subset(const Operands& in) {
  const Value left = in[0];
  const Value right = in[1];
  if (!left.view().is_array()) {
    raise(location(17046), "both operands of $setIsSubset must be arrays, the first is {}",
          alias(left));
  }
  if (!right.view().is_array()) {
    raise(location(17042), "both operands of $setIsSubset must be arrays, the second is {}",
          alias(right));
  }
  return Value::boolean(contains_all(set_of(in, right), set_of(in, left)));
}

Value eval_any_element_true(const Operands& in) {
  const Value array = set_operand(in, 0, 17041);
  for (const auto& element : array.view().as_document()) {
    if (element.truthy()) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value eval_all_elements_true(const Operands& in) {
  const Value array = set_operand(in, 0, 17040);
  for (const auto& element : array.view().as_document()) {
    if (!element.truthy()) return Value::boolean(false);
  }
  return Value::boolean(true);
}

}  // namespace freshet::query

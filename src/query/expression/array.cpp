// SPDX-License-Identifier: Apache-2.0
// Looking into arrays and making new ones: $arrayElemAt $first $last $concatArrays $in
// $indexOfArray $isArray $size $reverseArray $slice $range.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "bson/compare.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

std::string_view alias(const Value& value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

std::vector<ValueView> elements_of(ValueView array) {
  std::vector<ValueView> elements;
  for (const auto& element : array.as_document())
    elements.push_back(element.value());
  return elements;
}

/// The element at `index`, from the end when negative; Missing when there is none.
Value element_at(const Value& array, std::int64_t index) {
  const bson::View document = array.view().as_document();
  if (index < 0) index += static_cast<std::int64_t>(document.count());
  if (index < 0) return {};
  for (const auto& element : document) {
    if (index-- == 0) return array.part(element.value());
  }
  return {};
}

Value end_of(const Operands& in, std::int64_t index) {
  const Value array = in[0];
  if (array.nullish()) return Value::null();
  if (!array.view().is_array()) {
    raise(location(28689), "{}'s argument must be an array, but is {}", in.name(), alias(array));
  }
  return element_at(array, index);
}

struct Bounds {
  std::int64_t start = 0;
  std::int64_t count = 0;
};

/// The part of an array of `size` that $slice means.
Bounds slice_bounds(const Operands& in, std::int64_t size, std::int64_t first) {
  if (!in.has(2)) {
    if (first >= 0) return {0, std::min(first, size)};
    return {std::max<std::int64_t>(0, size + first), std::min(-first, size)};
  }
  const std::int64_t start =
      first < 0 ? std::max<std::int64_t>(0, size + first) : std::min(first, size);
  const Value count = in[2];
  return {start, std::min(count.view().number_as_int64(), size - start)};
}

constexpr std::size_t kRangeBytesMax = std::size_t{100} << 20;

std::int32_t range_operand(const Value& value, std::string_view which, int type_code,
                           int integral_code) {
  if (!value.view().is_number()) {
    raise(location(type_code), "$range needs a numeric {}, found {}", which, alias(value));
  }
  if (!is_integral_int32(value)) {
    raise(location(integral_code), "$range needs a {} that is a 32-bit integer", which);
  }
  return static_cast<std::int32_t>(value.view().number_as_int64());
}

}  // namespace

Value eval_array_elem_at(const Operands& in) {
  const Value array = in[0];
  const Value index = in[1];
  if (array.nullish() || index.nullish()) return Value::null();
  if (!array.view().is_array()) {
    raise(location(28689), "$arrayElemAt's first argument must be an array, but is {}",
          alias(array));
  }
  if (!index.view().is_number()) {
    raise(location(28690), "$arrayElemAt's second argument must be a number, but is {}",
          alias(index));
  }
  if (!is_integral_int32(index)) {
    raise(location(28691), "$arrayElemAt's second argument must be a 32-bit integer");
  }
  return element_at(array, index.view().number_as_int64());
}

Value eval_first(const Operands& in) {
  return end_of(in, 0);
}

Value eval_last(const Operands& in) {
  return end_of(in, -1);
}

Value eval_concat_arrays(const Operands& in) {
  bson::Builder out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Value array = in[i];
    if (array.nullish()) return Value::null();
    if (!array.view().is_array())
      raise(location(28664), "$concatArrays only supports arrays, not {}", alias(array));
    check_size(out.size_bytes() + array.view().as_document().size_bytes());
    for (const auto& element : array.view().as_document())
      out.push(element.value());
  }
  return finish_array(out);
}

Value eval_in(const Operands& in) {
  const Value wanted = in[0];
  const Value array = in[1];
  if (!array.view().is_array()) {
    raise(location(40081), "$in needs an array as its second argument, found {}", alias(array));
  }
  for (const auto& element : array.view().as_document()) {
    if (bson::equal(wanted.view(), element.value(), in.collation())) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value eval_index_of_array(const Operands& in) {
  const Value array = in[0];
  if (array.nullish()) return Value::null();
  if (!array.view().is_array()) {
    raise(location(40090), "$indexOfArray needs an array as its first argument, found {}",
          alias(array));
  }
  const Value wanted = in[1];
  std::int64_t bounds[2] = {0, 0};
  const auto elements = elements_of(array.view());
  bounds[1] = static_cast<std::int64_t>(elements.size());
  for (std::size_t i = 2; i < in.size(); ++i) {
    const Value bound = in[i];
    if (!bound.view().is_number() || !is_integral_int32(bound)) {
      raise(location(40096), "$indexOfArray needs an integral {} index, found {}",
            i == 2 ? "starting" : "ending", alias(bound));
    }
    const std::int64_t index = bound.view().number_as_int64();
    if (index < 0)
      raise(location(40097), "$indexOfArray needs a nonnegative index, found {}", index);
    bounds[i - 2] = i == 3 ? std::min(index, bounds[1]) : index;
  }
  for (std::int64_t i = bounds[0]; i < bounds[1]; ++i) {
    if (bson::equal(elements[static_cast<std::size_t>(i)], wanted.view(), in.collation())) {
      return Value::int32(static_cast<std::int32_t>(i));
    }
  }
  return Value::int32(-1);
}

Value eval_is_array(const Operands& in) {
  return Value::boolean(in[0].view().is_array());
}

Value eval_size(const Operands& in) {
  const Value array = in[0];
  if (!array.view().is_array()) {
    raise(location(17124), "The argument to $size must be an array, but was of type: {}",
          alias(array));
  }
  return Value::int32(static_cast<std::int32_t>(array.view().as_document().count()));
}

Value eval_reverse_array(const Operands& in) {
  const Value array = in[0];
  if (array.nullish()) return Value::null();
  if (!array.view().is_array()) {
    raise(location(34435), "The argument to $reverseArray must be an array, but was of type: {}",
          alias(array));
  }
  auto elements = elements_of(array.view());
  std::ranges::reverse(elements);
  bson::Builder out;
  for (const auto& element : elements)
    out.push(element);
  return finish_array(out);
}

Value eval_slice(const Operands& in) {
  const Value array = in[0];
  const Value first = in[1];
  if (array.nullish() || first.nullish()) return Value::null();
  if (!array.view().is_array())
    raise(location(28724), "First argument to $slice must be an array, but is {}", alias(array));
  if (!first.view().is_number())
    raise(location(28725), "Second argument to $slice must be a number, but is {}", alias(first));
  if (!is_integral_int32(first))
    raise(location(28726), "Second argument to $slice must be a 32-bit integer");
  if (in.has(2)) {
    const Value count = in[2];
    if (count.nullish()) return Value::null();
    if (!count.view().is_number())
      raise(location(28727), "Third argument to $slice must be a number, but is {}", alias(count));
    if (!is_integral_int32(count))
      raise(location(28728), "Third argument to $slice must be a 32-bit integer");
    if (count.view().number_as_int64() <= 0)
      raise(location(28729), "Third argument to $slice must be positive");
  }
  const auto elements = elements_of(array.view());
  const auto bounds =
      slice_bounds(in, static_cast<std::int64_t>(elements.size()), first.view().number_as_int64());
  bson::Builder out;
  for (std::int64_t i = 0; i < bounds.count; ++i)
    out.push(elements[static_cast<std::size_t>(bounds.start + i)]);
  return finish_array(out);
}

Value eval_range(const Operands& in) {
  const std::int64_t start = range_operand(in[0], "starting value", 34443, 34444);
  const std::int64_t end = range_operand(in[1], "ending value", 34445, 34446);
  const std::int64_t step = in.has(2) ? range_operand(in[2], "step value", 34447, 34448) : 1;
  if (step == 0) raise(location(34449), "$range needs a step other than 0");
  constexpr std::int64_t kElementBytesMin = 8;  // type, name, number
  const std::int64_t count = (end - start) / step;
  bson::Builder out;
  if (count > static_cast<std::int64_t>(kRangeBytesMax) / kElementBytesMin) {
    raise(ErrorCode::ExceededMemoryLimit, "$range would use more than {} bytes", kRangeBytesMax);
  }
  for (std::int64_t i = start; step > 0 ? i < end : i > end; i += step) {
    out.push(static_cast<std::int32_t>(i));
    if (out.size_bytes() > kRangeBytesMax) {
      raise(ErrorCode::ExceededMemoryLimit, "$range would use more than {} bytes", kRangeBytesMax);
    }
    check_interrupt(in.context());
  }
  return finish_array(out);
}

}  // namespace freshet::query

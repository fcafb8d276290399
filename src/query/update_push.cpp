// SPDX-License-Identifier: Apache-2.0
// $push with $each $position $slice $sort, and $addToSet.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "query/path.h"
#include "query/update_modifier.h"

namespace freshet::query {
namespace {

using bson::Value;
using bson::ValueView;

std::vector<ValueView> elements_of(bson::View array) {
  std::vector<ValueView> elements;
  for (const bson::Element& element : array)
    elements.push_back(element);
  return elements;
}

Value make_array(const std::vector<ValueView>& elements) {
  bson::Builder out;
  for (const ValueView& element : elements)
    out.push(element);
  return Value::array(out.take());
}

/// $sort: by the elements themselves, or by fields of those that are documents.
class PushSort {
 public:
  PushSort(const bson::Element& spec, const bson::StringOrder* order) : order_(order) {
    if (spec.is_number()) {
      parts_.push_back({Path(), direction(spec)});
      whole_ = true;
      return;
    }
    if (!spec.is_document()) {
      raise(ErrorCode::BadValue,
            "the $sort is invalid: use 1/-1 to sort the whole element, or {{field: 1/-1}}");
    }
    if (spec.as_document().empty())
      raise(ErrorCode::BadValue, "the $sort pattern is empty when it should be a set of fields");
    for (const bson::Element& element : spec.as_document()) {
      check_name(element.name());
      parts_.push_back({Path(element.name()), direction(element)});
    }
  }

  void sort(std::vector<ValueView>& elements) const {
    std::ranges::stable_sort(elements,
                             [this](ValueView a, ValueView b) { return compare(a, b) < 0; });
  }

 private:
  struct Part {
    Path path;
    int direction;
  };

  static int direction(ValueView value) {
    const double number = value.is_number() ? value.number_as_double() : 0.0;
    if (number != 1.0 && number != -1.0)
      raise(ErrorCode::BadValue, "the $sort element value must be either 1 or -1");
    return number > 0 ? 1 : -1;
  }

  static void check_name(std::string_view name) {
    const Path path(name);
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path.part(i).empty()) {
        raise(ErrorCode::BadValue, "the $sort field is a dotted field but has an empty part: '{}'",
              name);
      }
    }
  }

  static ValueView field(ValueView element, const Path& path) {
    return element.is_document() ? element.as_document().at_path(path.text()) : ValueView();
  }

  int compare(ValueView a, ValueView b) const {
    if (whole_) return bson::compare(a, b, order_) * parts_[0].direction;
    for (const Part& part : parts_) {
      const int order = bson::compare(field(a, part.path), field(b, part.path), order_);
      if (order != 0) return order * part.direction;
    }
    return 0;
  }

  std::vector<Part> parts_;
  bool whole_ = false;
  const bson::StringOrder* order_;
};

std::int64_t whole_number(const bson::Element& element) {
  const bool number = element.is_number();
  const double value = number ? element.number_as_double() : 0.0;
  if (!number || std::trunc(value) != value || std::fabs(value) > 9.2e18) {
    raise(ErrorCode::BadValue, "the value for {} must be an integer value but was given type {}",
          element.name(), bson::type_alias(element.type()));
  }
  return element.number_as_int64();
}

class Push final : public Modifier {
 public:
  explicit Push(ValueView single) { holder_.push_back(Value::copy(single)); }

  Push(bson::View spec, const QueryContext& context) {
    for (const bson::Element& element : spec) {
      if (element.name() == "$each") {
        if (!element.is_array()) {
          raise(ErrorCode::BadValue,
                "the argument to $each in $push must be an array but it was of type {}",
                bson::type_alias(element.type()));
        }
        for (const ValueView& value : elements_of(element.as_document()))
          holder_.push_back(Value::copy(value));
      } else if (element.name() == "$slice") {
        slice_ = whole_number(element);
      } else if (element.name() == "$position") {
        position_ = whole_number(element);
      } else if (element.name() == "$sort") {
        sort_.emplace(element, context.collation);
      } else {
        raise(ErrorCode::BadValue, "unrecognized clause in $push: {}", element.name());
      }
    }
  }

  ModifierResult apply(ValueView existing, const ModifierInput& input) const override {
    if (!existing.is_array()) {
      raise(ErrorCode::BadValue, "the field '{}' must be an array but is of type {}", input.path,
            bson::type_alias(existing.type()));
    }
    const std::vector<ValueView> before = elements_of(existing.as_document());
    std::vector<ValueView> after = run(before);
    Value value = make_array(after);
    if (value.view().raw() == existing.raw()) return ModifierResult::unchanged();
    // Logged element by element only when nothing but an append was asked for, and nothing was cut.
    const auto size = static_cast<std::int64_t>(before.size());
    const bool behind = position_.value_or(size + 1) > size;
    const bool cut = after.size() != before.size() + holder_.size();
    if (before.empty() || !behind || cut || sort_) return ModifierResult::set(std::move(value));
    return {ModifierResult::Kind::Append, std::move(value), after.size() - before.size()};
  }

  Value create(const ModifierInput&) const override { return make_array(run({})); }

 private:
  std::vector<ValueView> run(std::vector<ValueView> elements) const {
    const auto size = static_cast<std::int64_t>(elements.size());
    std::int64_t at = position_.value_or(size);
    if (at < 0) at = std::max<std::int64_t>(size + std::max(at, -size), 0);
    at = std::min(at, size);
    std::vector<ValueView> added;
    for (const Value& value : holder_)
      added.push_back(value.view());
    elements.insert(elements.begin() + at, added.begin(), added.end());
    if (sort_) sort_->sort(elements);
    if (slice_) cut(elements);
    return elements;
  }

  void cut(std::vector<ValueView>& elements) const {
    const auto size = static_cast<std::int64_t>(elements.size());
    if (*slice_ >= size || *slice_ <= -size) {
      if (*slice_ == 0) elements.clear();
      return;
    }
    if (*slice_ >= 0) {
      elements.resize(static_cast<std::size_t>(*slice_));
    } else {
      elements.erase(elements.begin(), elements.end() + *slice_);
    }
  }

  std::vector<Value> holder_;
  std::optional<std::int64_t> slice_;
  std::optional<std::int64_t> position_;
  std::optional<PushSort> sort_;
};

class AddToSet final : public Modifier {
 public:
  AddToSet(const std::vector<ValueView>& values, const bson::StringOrder* order) : order_(order) {
    for (const ValueView& value : values) {
      if (!holds(values_, value)) values_.push_back(Value::copy(value));
    }
  }

  ModifierResult apply(ValueView existing, const ModifierInput& input) const override {
    if (!existing.is_array()) {
      raise(ErrorCode::BadValue,
            "cannot apply $addToSet to non-array field; the field '{}' has non-array type {}",
            input.path, bson::type_alias(existing.type()));
    }
    std::vector<ValueView> elements = elements_of(existing.as_document());
    const std::size_t before = elements.size();
    for (const Value& value : values_) {
      const auto same = [&](ValueView other) { return bson::equal(other, value.view(), order_); };
      if (std::none_of(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(before),
                       same)) {
        elements.push_back(value.view());
      }
    }
    if (elements.size() == before) return ModifierResult::unchanged();
    return ModifierResult::set(make_array(elements));
  }

  Value create(const ModifierInput&) const override {
    std::vector<ValueView> elements;
    for (const Value& value : values_)
      elements.push_back(value.view());
    return make_array(elements);
  }

 private:
  bool holds(const std::vector<Value>& values, ValueView wanted) const {
    return std::ranges::any_of(
        values, [&](const Value& v) { return bson::equal(v.view(), wanted, order_); });
  }

  std::vector<Value> values_;
  const bson::StringOrder* order_;
};

}  // namespace

ModifierPtr make_push(const bson::Element& argument, const QueryContext& context) {
  if (argument.is_document() && argument.as_document()["$each"]) {
    return std::make_unique<Push>(argument.as_document(), context);
  }
  return std::make_unique<Push>(argument.value());
}

ModifierPtr make_add_to_set(const bson::Element& argument, const QueryContext& context) {
  const bool each = argument.is_document() && !argument.as_document().empty() &&
                    argument.as_document().begin()->name() == "$each";
  if (!each)
    return std::make_unique<AddToSet>(std::vector<ValueView>{argument.value()}, context.collation);
  const bson::View spec = argument.as_document();
  if (!spec["$each"].is_array()) {
    raise(ErrorCode::TypeMismatch,
          "the argument to $each in $addToSet must be an array but it was of type {}",
          bson::type_alias(spec["$each"].type()));
  }
  if (spec.count() > 1)
    raise(ErrorCode::BadValue, "found unexpected fields after $each in $addToSet");
  return std::make_unique<AddToSet>(elements_of(spec["$each"].as_document()), context.collation);
}

}  // namespace freshet::query

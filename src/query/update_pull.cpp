// SPDX-License-Identifier: Apache-2.0
// $pull $pullAll $pop.
#include <optional>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "query/match_parse.h"
#include "query/matcher.h"
#include "query/update_modifier.h"

namespace freshet::query {
namespace {

using bson::Value;
using bson::ValueView;

/// The array without the elements that `drop` picks.
template <typename Drop>
ModifierResult filter_array(ValueView existing, Drop drop) {
  bson::Builder out;
  bool dropped = false;
  for (const bson::Element& element : existing.as_document()) {
    if (drop(element.value())) {
      dropped = true;
    } else {
      out.push(element.value());
    }
  }
  if (!dropped) return ModifierResult::unchanged();
  return ModifierResult::set(Value::array(out.take()));
}

class Pull final : public Modifier {
 public:
  Pull(const bson::Element& condition, const QueryContext& context) : order_(context.collation) {
    const bool document = condition.is_document();
    const bool operators = document && !condition.as_document().empty() &&
                           is_field_operator(condition.as_document().begin()->name());
    if (operators || condition.type() == bson::Type::Regex) {
      bson::Builder wrapped;
      wrapped.add("", condition.value());
      const std::string filter = wrapped.take();
      form_ = Form::Operators;
      matcher_.emplace(bson::View(filter), context, FilterOf::Parts);
    } else if (document) {
      form_ = Form::Filter;
      matcher_.emplace(condition.as_document(), context, FilterOf::Parts);
    } else {
      value_ = Value::copy(condition);
    }
  }

  ModifierResult apply(ValueView existing, const ModifierInput& input) const override {
    if (!existing.is_array()) {
      raise(ErrorCode::BadValue, "cannot apply $pull to a non-array value (field '{}')",
            input.path);
    }
    return filter_array(existing, [this](ValueView element) { return matches(element); });
  }
  Value create(const ModifierInput&) const override { return {}; }

 private:
  enum class Form { Equality, Operators, Filter };

  bool matches(ValueView element) const {
    if (form_ == Form::Equality) return bson::equal(element, value_.view(), order_);
    if (form_ == Form::Filter)
      return element.is_document() && matcher_->matches(element.as_document());
    bson::Builder wrapped;
    wrapped.add("", element);
    const std::string document = wrapped.take();
    return matcher_->matches(bson::View(document));
  }

  Form form_ = Form::Equality;
  std::optional<Matcher> matcher_;
  Value value_;
  const bson::StringOrder* order_;
};

class PullAll final : public Modifier {
 public:
  PullAll(bson::View values, const bson::StringOrder* order) : order_(order) {
    for (const bson::Element& element : values)
      values_.push_back(Value::copy(element));
  }

  ModifierResult apply(ValueView existing, const ModifierInput& input) const override {
    if (!existing.is_array()) {
      raise(ErrorCode::BadValue, "cannot apply $pullAll to a non-array value (field '{}')",
            input.path);
    }
    return filter_array(existing, [this](ValueView element) {
      for (const Value& value : values_) {
        if (bson::equal(element, value.view(), order_)) return true;
      }
      return false;
    });
  }
  Value create(const ModifierInput&) const override { return {}; }

 private:
  std::vector<Value> values_;
  const bson::StringOrder* order_;
};

class Pop final : public Modifier {
 public:
  explicit Pop(bool first) : first_(first) {}

  ModifierResult apply(ValueView existing, const ModifierInput& input) const override {
    if (!existing.is_array()) {
      raise(ErrorCode::TypeMismatch, "path '{}' contains an element of non-array type '{}'",
            input.path, bson::type_alias(existing.type()));
    }
    const std::size_t count = existing.as_document().count();
    std::size_t index = 0;
    const std::size_t gone = first_ ? 0 : count - 1;
    return filter_array(existing, [&](ValueView) { return index++ == gone; });
  }
  Value create(const ModifierInput&) const override { return {}; }

 private:
  bool first_;
};

}  // namespace

ModifierPtr make_pull(const bson::Element& argument, const QueryContext& context) {
  return std::make_unique<Pull>(argument, context);
}

ModifierPtr make_pull_all(const bson::Element& argument, const QueryContext& context) {
  if (!argument.is_array()) {
    raise(ErrorCode::BadValue, "$pullAll requires an array argument but was given a {}",
          bson::type_alias(argument.type()));
  }
  return std::make_unique<PullAll>(argument.as_document(), context.collation);
}

ModifierPtr make_pop(const bson::Element& argument, const QueryContext&) {
  const double number = argument.is_number() ? argument.number_as_double() : 0.0;
  if (number != 1.0 && number != -1.0)
    raise(ErrorCode::FailedToParse, "$pop expects 1 or -1 (field '{}')", argument.name());
  return std::make_unique<Pop>(number < 0);
}

}  // namespace freshet::query

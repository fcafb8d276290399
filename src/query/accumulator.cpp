// SPDX-License-Identifier: Apache-2.0
// Parsing of accumulators: how each form of body is written.
#include "query/accumulator.h"

#include <algorithm>

#include "base/error.h"
#include "query/expression/node.h"
#include "query/expression/percentile.h"

namespace freshet::query {
namespace {

constexpr std::int64_t kNMax = std::int64_t{1} << 31;

std::size_t checked_n(const Value& value, std::string_view op) {
  if (!value.view().is_number() || !is_integral_int64(value)) {
    raise(location(5787902), "Value for 'n' of {} must be of integral type, but found {}", op,
          value.missing() ? "missing" : bson::type_alias(value.type()));
  }
  const std::int64_t n = value.view().number_as_int64();
  if (n <= 0) raise(location(5787908), "'n' of {} must be greater than 0, found {}", op, n);
  return static_cast<std::size_t>(std::min(n, kNMax));
}

bson::View body_object(bson::ValueView body, std::string_view op, int code) {
  if (!body.is_document()) {
    raise(location(code), "the specification of {} must be an object, found {}", op,
          bson::type_alias(body.type()));
  }
  return body.as_document();
}

}  // namespace

AccumulatorSpec::AccumulatorSpec(std::string_view field, bson::ValueView spec, ParseScope& scope)
    : field_(field) {
  if (!spec.is_document())
    raise(location(40234), "The field '{}' must be an accumulator object", field);
  const bson::View document = spec.as_document();
  if (document.empty())
    raise(location(40234), "The field '{}' must be an accumulator object", field);
  if (document.count() != 1)
    raise(location(40238), "The field '{}' must specify one accumulator", field);
  const bson::Element body = *document.begin();
  if (!body.name().starts_with('$'))
    raise(location(40234), "The field '{}' must be an accumulator object", field);
  row_ = find_accumulator(body.name());
  if (row_ == nullptr) raise(location(15952), "unknown group operator '{}'", body.name());
  using Form = AccumulatorRow::Form;
  switch (row_->form) {
    case Form::Plain:
      parse_plain(body, scope);
      break;
    case Form::Count:
      parse_count(body, scope);
      break;
    case Form::InputN:
      parse_input_n(body, scope);
      break;
    case Form::Top:
    case Form::TopN:
      parse_top(body, scope);
      break;
    case Form::Percentile:
      parse_percentile(body, scope);
      break;
    case Form::JavaScript:
      raise(location(31264), "{} needs JavaScript, which this server does not run", row_->name);
  }
  slots_ = scope.slots();
}

AccumulatorSpec::~AccumulatorSpec() = default;
AccumulatorSpec::AccumulatorSpec(AccumulatorSpec&&) noexcept = default;
AccumulatorSpec& AccumulatorSpec::operator=(AccumulatorSpec&&) noexcept = default;

void AccumulatorSpec::parse_plain(bson::ValueView body, ParseScope& scope) {
  if (body.is_array()) {
    const bson::View array = body.as_document();
    if (array.count() != 1)
      raise(location(40237), "The {} accumulator is a unary operator", row_->name);
    input_ = parse_expression(*array.begin(), scope);
    return;
  }
  input_ = parse_expression(body, scope);
}

void AccumulatorSpec::parse_count(bson::ValueView body, ParseScope&) {
  if (!body.is_document() || !body.as_document().empty()) {
    raise(ErrorCode::TypeMismatch, "$count takes no arguments, i.e. $count:{{}}");
  }
  input_ = constant(Value::int32(1));
}

void AccumulatorSpec::parse_input_n(bson::ValueView body, ParseScope& scope) {
  for (const auto& element : body_object(body, row_->name, 5787900)) {
    if (element.name() == "input") {
      input_ = parse_expression(element, scope);
    } else if (element.name() == "n") {
      n_ = parse_expression(element, scope);
    } else {
      raise(location(5787901), "{} has no argument called '{}'", row_->name, element.name());
    }
  }
  if (n_ == nullptr) raise(location(5787906), "Missing value for 'n' of {}", row_->name);
  if (input_ == nullptr) raise(location(5787907), "Missing value for 'input' of {}", row_->name);
  const KnownValue known = known_value(n_);
  if (known.known) checked_n(known.value, row_->name);
}

void AccumulatorSpec::parse_top(bson::ValueView body, ParseScope& scope) {
  const bool many = row_->form == AccumulatorRow::Form::TopN;
  for (const auto& element : body_object(body, row_->name, 5788001)) {
    if (element.name() == "output") {
      input_ = parse_expression(element, scope);
    } else if (element.name() == "sortBy") {
      if (!element.is_document())
        raise(location(5788604), "expected 'sortBy' of {} to be an object", row_->name);
      sort_by_.emplace(element.as_document());
    } else if (element.name() == "n" && many) {
      n_ = parse_expression(element, scope);
    } else {
      raise(location(5788002), "{} has no argument called '{}'", row_->name, element.name());
    }
  }
  if (many && n_ == nullptr) raise(location(5788003), "Missing value for 'n' of {}", row_->name);
  if (input_ == nullptr) raise(location(5788004), "Missing value for 'output' of {}", row_->name);
  if (!sort_by_) raise(location(5788005), "Missing value for 'sortBy' of {}", row_->name);
}

void AccumulatorSpec::parse_percentile(bson::ValueView body, ParseScope& scope) {
  PercentileArguments arguments = parse_percentile_arguments(row_->name, body, scope);
  input_ = std::move(arguments.input);
  percentiles_ = std::move(arguments.percentiles);
}

std::unique_ptr<Accumulator> AccumulatorSpec::make(const bson::Value& group_id,
                                                   const QueryContext& context) const {
  AccumulatorArguments arguments{row_->name, context.collation, 1, percentiles_};
  if (n_ != nullptr) {
    EvalContext evaluation{context, group_id, group_id, std::vector<Value>(slots_)};
    arguments.n = checked_n(n_->evaluate(evaluation), row_->name);
  }
  return row_->make(arguments);
}

void AccumulatorSpec::add(Accumulator& to, EvalContext& context) const {
  const Value value = input_->evaluate(context);
  if (!sort_by_) return to.add(value, {});
  to.add(value, sort_by_->key(context.root.view().as_document(), context.query.collation));
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// minimum, maximum and their exclusive forms, multipleOf, minLength, maxLength, pattern.
#include <algorithm>

#include "base/error.h"
#include "bson/compare.h"
#include "bson/decimal.h"
#include "query/expression/number.h"
#include "query/regex.h"
#include "query/schema/rules.h"

namespace freshet::query {
namespace {

class BoundRule final : public SchemaRule {
 public:
  BoundRule(bson::Element spec, bson::Element exclusive, bool lower)
      : SchemaRule(spec), lower_(lower) {
    if (!spec.is_number()) {
      raise(ErrorCode::TypeMismatch, "$jsonSchema keyword '{}' must be a number, found {}",
            spec.name(), bson::type_alias(spec.type()));
    }
    if (!exclusive) return;
    require_schema_type(exclusive, bson::Type::Bool);
    exclusive_ = exclusive.as_bool();
    exclusive_name_ = exclusive.name();
  }
  bool holds(bson::ValueView value) const override {
    if (!value.is_number()) return true;
    if (is_nan(value) || is_nan(argument())) return is_nan(value) && is_nan(argument());
    const int order = bson::compare(value, argument()) * (lower_ ? 1 : -1);
    return exclusive_ ? order > 0 : order >= 0;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    out.open_document("specifiedAs").add(keyword(), argument());
    if (!exclusive_name_.empty()) out.add(exclusive_name_, exclusive_);
    out.close();
    add_reason(out, "comparison failed", value);
  }

 private:
  bool lower_;
  bool exclusive_ = false;
  std::string exclusive_name_;
};

class MultipleRule final : public SchemaRule {
 public:
  explicit MultipleRule(bson::Element spec) : SchemaRule(spec) {
    if (!spec.is_number()) {
      raise(ErrorCode::TypeMismatch, "$jsonSchema keyword 'multipleOf' must be a number");
    }
    divisor_ = number_as_decimal(spec);
    const bool positive = !bson::decimal::is_nan(divisor_) && !bson::decimal::is_zero(divisor_) &&
                          !bson::decimal::is_negative(divisor_);
    if (!positive)
      raise(ErrorCode::FailedToParse,
            "$jsonSchema keyword 'multipleOf' must have a positive value");
  }
  bool holds(bson::ValueView value) const override {
    if (!value.is_number()) return true;
    return bson::decimal::is_zero(bson::decimal::modulo(number_as_decimal(value), divisor_));
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_reason(out, "considered value is not a multiple of the specified value", value);
  }

 private:
  bson::Decimal128 divisor_;
};

class LengthRule final : public SchemaRule {
 public:
  explicit LengthRule(bson::Element spec)
      : SchemaRule(spec), count_(count_argument(spec)), least_(spec.name() == "minLength") {}
  bool holds(bson::ValueView value) const override {
    if (value.type() != bson::Type::String) return true;
    const std::int64_t length =
        std::ranges::count_if(value.as_string(), [](char c) { return (c & 0xC0) != 0x80; });
    return least_ ? length >= count_ : length <= count_;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_reason(out, "specified string length was not satisfied", value);
  }

 private:
  std::int64_t count_;
  bool least_;
};

class PatternRule final : public SchemaRule {
 public:
  explicit PatternRule(bson::Element spec) : SchemaRule(spec), regex_(text_of(spec), "") {}
  bool holds(bson::ValueView value) const override {
    return value.type() != bson::Type::String || regex_.matches(value.as_string());
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_reason(out, "regular expression did not match", value);
  }

 private:
  static std::string_view text_of(bson::Element spec) {
    require_schema_type(spec, bson::Type::String);
    return spec.as_string();
  }
  Regex regex_;
};

}  // namespace

SchemaRulePtr parse_schema_minimum(const SchemaKeyword& keyword) {
  return std::make_unique<BoundRule>(keyword.spec, keyword.siblings["exclusiveMinimum"], true);
}

SchemaRulePtr parse_schema_maximum(const SchemaKeyword& keyword) {
  return std::make_unique<BoundRule>(keyword.spec, keyword.siblings["exclusiveMaximum"], false);
}

SchemaRulePtr parse_schema_exclusive(const SchemaKeyword& keyword) {
  const std::string_view bound = keyword.spec.name() == "exclusiveMinimum" ? "minimum" : "maximum";
  if (!keyword.siblings[bound]) {
    raise(ErrorCode::FailedToParse, "$jsonSchema keyword '{}' must be present if '{}' is specified",
          bound, keyword.spec.name());
  }
  return nullptr;
}

SchemaRulePtr parse_schema_multiple_of(const SchemaKeyword& keyword) {
  return std::make_unique<MultipleRule>(keyword.spec);
}

SchemaRulePtr parse_schema_length(const SchemaKeyword& keyword) {
  return std::make_unique<LengthRule>(keyword.spec);
}

SchemaRulePtr parse_schema_pattern(const SchemaKeyword& keyword) {
  return std::make_unique<PatternRule>(keyword.spec);
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// $set $setOnInsert $unset $min $max $currentDate.
#include "base/error.h"
#include "bson/compare.h"
#include "query/update_modifier.h"

namespace freshet::query {
namespace {

class Set final : public Modifier {
 public:
  Set(bson::ValueView value, bool only_insert)
      : value_(bson::Value::copy(value)), only_insert_(only_insert) {}
  ModifierResult apply(bson::ValueView existing, const ModifierInput&) const override {
    if (bson::identical(existing, value_.view())) return ModifierResult::unchanged();
    return ModifierResult::set(value_);
  }
  bson::Value create(const ModifierInput&) const override { return value_; }
  bool active(bool inserting) const override { return inserting || !only_insert_; }

 private:
  bson::Value value_;
  bool only_insert_;
};

class Unset final : public Modifier {
 public:
  ModifierResult apply(bson::ValueView, const ModifierInput&) const override {
    return ModifierResult::remove();
  }
  bson::Value create(const ModifierInput&) const override { return {}; }
  bool tolerates_blocked_path() const override { return true; }
};

class Extreme final : public Modifier {
 public:
  /// `sign` is -1 for the smaller of both, 1 for the larger.
  Extreme(bson::ValueView value, int sign, const bson::StringOrder* order)
      : value_(bson::Value::copy(value)), sign_(sign), order_(order) {}
  ModifierResult apply(bson::ValueView existing, const ModifierInput&) const override {
    if (bson::compare(value_.view(), existing, order_) * sign_ > 0)
      return ModifierResult::set(value_);
    return ModifierResult::unchanged();
  }
  bson::Value create(const ModifierInput&) const override { return value_; }

 private:
  bson::Value value_;
  int sign_;
  const bson::StringOrder* order_;
};

class CurrentDate final : public Modifier {
 public:
  explicit CurrentDate(bool timestamp) : timestamp_(timestamp) {}
  ModifierResult apply(bson::ValueView, const ModifierInput& input) const override {
    return ModifierResult::set(create(input));
  }
  bson::Value create(const ModifierInput& input) const override {
    if (!timestamp_) return bson::Value::date(input.context.now_ms);
    if (input.context.cluster_time.value() != 0)
      return bson::Value::timestamp(input.context.cluster_time);
    return bson::Value::timestamp({static_cast<std::uint32_t>(input.context.now_ms / 1000), 1});
  }

 private:
  bool timestamp_;
};

}  // namespace

ModifierPtr make_set(const bson::Element& argument, const QueryContext&) {
  return std::make_unique<Set>(argument, false);
}

ModifierPtr make_set_on_insert(const bson::Element& argument, const QueryContext&) {
  return std::make_unique<Set>(argument, true);
}

ModifierPtr make_unset(const bson::Element&, const QueryContext&) {
  return std::make_unique<Unset>();
}

ModifierPtr make_min(const bson::Element& argument, const QueryContext& context) {
  return std::make_unique<Extreme>(argument, -1, context.collation);
}

ModifierPtr make_max(const bson::Element& argument, const QueryContext& context) {
  return std::make_unique<Extreme>(argument, 1, context.collation);
}

ModifierPtr make_current_date(const bson::Element& argument, const QueryContext&) {
  if (argument.type() == bson::Type::Bool) return std::make_unique<CurrentDate>(false);
  if (!argument.is_document()) {
    raise(ErrorCode::BadValue,
          "{} is not valid type for $currentDate; use a boolean or {{$type: 'timestamp'/'date'}}",
          bson::type_alias(argument.type()));
  }
  const bson::View spec = argument.as_document();
  for (const bson::Element& element : spec) {
    if (element.name() != "$type") {
      raise(ErrorCode::BadValue, "unrecognized $currentDate option: {}", element.name());
    }
  }
  const bson::Element type = spec["$type"];
  const std::string_view name = type.is_string() ? type.as_string() : std::string_view();
  if (name != "date" && name != "timestamp") {
    raise(ErrorCode::BadValue,
          "the '$type' string field of $currentDate is required to be 'date' or 'timestamp'");
  }
  return std::make_unique<CurrentDate>(name == "timestamp");
}

}  // namespace freshet::query

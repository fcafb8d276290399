// SPDX-License-Identifier: Apache-2.0
// $densify: puts documents into the gaps of a series of numbers or dates.
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "bson/compare.h"
#include "bson/key.h"
#include "pipeline/spill/sorter.h"
#include "pipeline/stages/set_path.h"
#include "pipeline/stages/stages.h"
#include "query/expression/date_operand.h"
#include "query/expression/integral.h"
#include "query/expression/number.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
using bson::View;

/// What one $densify may add.
constexpr std::int64_t kGeneratedMax = 500'000;

enum class Bounds : std::uint8_t { Full, Partition, Explicit };

struct DensifyOptions {
  std::string field;
  std::vector<std::string> partition_by;
  Value step;
  std::optional<query::DateUnit> unit;
  Bounds bounds = Bounds::Full;
  Value lower;  ///< with Bounds::Explicit
  Value upper;  ///< exclusive

  Value next(const Value& value) const {
    if (unit) {
      return Value::date(query::date_plus_units(value.view().as_date_ms(), *unit,
                                                step.view().number_as_int64(), query::TimeZone()));
    }
    query::NumberSum sum;
    sum.add(value.view());
    sum.add(step.view());
    return sum.result();
  }
};

bson::ValueView value_at(View document, std::string_view path) {
  const std::size_t dot = path.find('.');
  const bson::ValueView value = document[path.substr(0, dot)];
  if (dot == std::string_view::npos) return value;
  return value.is_document() ? value_at(value.as_document(), path.substr(dot + 1))
                             : bson::ValueView();
}

class DensifyStage final : public ExplainedStage {
 public:
  DensifyStage(StagePtr source, const StageSpec& spec, const DensifyOptions& options,
               const BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        options_(options),
        context_(context.query),
        sorter_("$densify", context.spill) {}

  std::optional<View> next(Operation& op) override {
    if (!std::exchange(loaded_, true)) load(op);
    op.check();
    if (std::exchange(given_, false)) ahead_ = sorter_.next(op);
    if (ahead_ && (!partition_ || ahead_key() != *partition_)) {
      if (partition_ && generates_below(end_)) return generate();
      begin_partition();
    }
    if (!ahead_) return partition_ && generates_below(end_) ? generate() : std::nullopt;
    const View document = ahead_document();
    const Value value = Value::copy(value_at(document, options_.field));
    if (!value.nullish()) {
      if (generates_below(value)) return generate();
      if (!due_.missing() && bson::compare(due_, value) == 0) due_ = options_.next(due_);
    }
    given_ = true;
    return document;
  }

 private:
  // A row's payload: the length of the partition's part of the key, then the document.
  using KeyLength = std::uint32_t;

  void load(Operation& op) {
    while (const auto document = source().next(op)) {
      op.check();
      const Value value = Value::copy(value_at(*document, options_.field));
      if (!value.nullish()) {
        check_value(value);
        if (least_.missing() || bson::compare(value, least_) < 0) least_ = value;
        if (greatest_.missing() || bson::compare(value, greatest_) > 0) greatest_ = value;
      }
      std::string key;
      for (const std::string& path : options_.partition_by)
        bson::append_key(key, value_at(*document, path), false, context_.collation);
      const auto length = static_cast<KeyLength>(key.size());
      bson::append_key(key, value.view());
      std::string payload(sizeof length, '\0');
      std::memcpy(payload.data(), &length, sizeof length);
      payload += document->bytes();
      sorter_.add(std::move(key), payload);
    }
    sorter_.finish(op);
    ahead_ = sorter_.next(op);
    // Bounds of one's own hold without documents too, where there is but one partition.
    if (!ahead_ && options_.bounds == Bounds::Explicit && options_.partition_by.empty())
      begin_partition();
  }

  void check_value(const Value& value) const {
    const bool fits = options_.unit ? value.type() == bson::Type::Date : value.view().is_number();
    if (fits) return;
    if (value.type() == bson::Type::Date)
      raise(location(6053600), "Encountered date in collection with no 'unit' in $densify");
    raise(location(5733201), "PlanExecutor error during aggregation: Densify field type must be {}",
          options_.unit ? "a date" : "numeric");
  }

  std::string_view ahead_key() const {
    KeyLength length = 0;
    std::memcpy(&length, ahead_->payload.data(), sizeof length);
    return ahead_->key.substr(0, length);
  }
  View ahead_document() const { return View(ahead_->payload.substr(sizeof(KeyLength))); }

  void begin_partition() {
    partition_ = ahead_ ? std::string(ahead_key()) : std::string();
    template_ = View().to_string();
    for (const std::string& path : options_.partition_by) {
      const bson::ValueView value = value_at(ahead_document(), path);
      if (!value.missing()) template_ = with_path(View(template_), path, value);
    }
    inclusive_ = options_.bounds != Bounds::Explicit;
    if (options_.bounds == Bounds::Explicit) {
      due_ = options_.lower;
      end_ = options_.upper;
    } else if (options_.bounds == Bounds::Full) {
      due_ = least_;
      end_ = greatest_;
    } else {
      due_ = Value();
      end_ = Value();
    }
  }

  /// Whether the next value to be generated stands before `value`, and within the bounds.
  bool generates_below(const Value& value) {
    if (options_.bounds == Bounds::Partition && due_.missing()) {
      due_ = value;  // the first value of the partition: the series begins here
      return false;
    }
    if (due_.missing() || value.missing()) return false;
    const bool at_end = &value == &end_;
    const int order = bson::compare(due_, value);
    if (at_end && inclusive_ ? order > 0 : order >= 0) return false;
    return at_end || end_.missing() || within_end();
  }
  bool within_end() const {
    const int order = bson::compare(due_, end_);
    return inclusive_ ? order <= 0 : order < 0;
  }

  std::optional<View> generate() {
    if (++generated_ > kGeneratedMax) {
      raise(location(5897900), "Generated {} documents in $densify, which is over the limit of {}",
            generated_, kGeneratedMax);
    }
    current_ = with_path(View(template_), options_.field, due_.view());
    due_ = options_.next(due_);
    return View(current_);
  }

  const DensifyOptions& options_;
  const query::QueryContext& context_;
  Sorter sorter_;
  std::optional<SpilledRecord> ahead_;
  bool loaded_ = false;
  bool given_ = false;  // ahead_ was given out
  Value least_;
  Value greatest_;
  std::optional<std::string> partition_;  // its key
  std::string template_;                  // its fields
  Value due_;                             // what is generated next
  Value end_;                             // of the series in this partition
  bool inclusive_ = false;                // end_ belongs to it
  std::int64_t generated_ = 0;
  std::string current_;
};

class DensifySpec final : public StageSpec {
 public:
  DensifySpec(const StageTraits& traits, bson::Element body, DensifyOptions options)
      : StageSpec(traits, body), options_(std::move(options)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<DensifyStage>(std::move(source), *this, options_, context);
  }

 private:
  const DensifyOptions options_;
};

void read_bounds(bson::Element bounds, DensifyOptions& out) {
  if (bounds.is_string()) {
    if (bounds.as_string() != "full" && bounds.as_string() != "partition") {
      raise(location(5946802), "Bounds string must either be 'full' or 'partition'");
    }
    out.bounds = bounds.as_string() == "full" ? Bounds::Full : Bounds::Partition;
    if (out.bounds == Bounds::Partition && out.partition_by.empty()) {
      raise(location(5733408),
            "the bounds 'partition' need a non-empty array of "
            "'partitionByFields'; you may have meant 'full'");
    }
    return;
  }
  if (!bounds.is_array() || bounds.as_document().count() != 2) {
    raise(location(5733402), "The bounds in a range statement must have two elements");
  }
  auto element = bounds.as_document().begin();
  out.bounds = Bounds::Explicit;
  out.lower = Value::copy(*element);
  out.upper = Value::copy(*++element);
  for (const Value* bound : {&out.lower, &out.upper}) {
    const bool fits = out.unit ? bound->type() == bson::Type::Date : bound->view().is_number();
    if (!fits) {
      raise(location(out.unit ? 5733406 : 5733405), "A bounding array must hold two {}",
            out.unit ? "dates, with a unit" : "numbers");
    }
  }
  if (bson::compare(out.lower, out.upper) > 0)
    raise(location(5733403), "The lower bound must not exceed the upper bound");
}

void read_range(bson::Element range, DensifyOptions& out) {
  if (!range.is_document()) raise(ErrorCode::TypeMismatch, "'$densify.range' must be an object");
  const View spec = range.as_document();
  for (const bson::Element& element : spec) {
    if (element.name() == "step" || element.name() == "bounds" || element.name() == "unit")
      continue;
    raise(ErrorCode::Location40415, "BSON field '$densify.range.{}' is an unknown field",
          element.name());
  }
  const bson::Element step = spec["step"];
  const bson::Element bounds = spec["bounds"];
  if (!step || !bounds) {
    raise(location(40414), "BSON field '$densify.range.{}' is missing but a required field",
          step ? "bounds" : "step");
  }
  if (!step.is_number()) raise(ErrorCode::TypeMismatch, "'$densify.range.step' must be a number");
  if (!(step.number_as_double() > 0))
    raise(location(5733401),
          "The step parameter in a range statement must be a strictly positive "
          "numeric value");
  out.step = Value::copy(step);
  if (const bson::Element unit = spec["unit"]) {
    out.unit = query::date_unit(unit, "$densify");
    if (!query::is_integral_int64(step)) {
      raise(location(6586400),
            "The step parameter in a range statement must be a whole number with a unit");
    }
  }
  read_bounds(bounds, out);
}

void read_partition_fields(bson::Element fields, DensifyOptions& out) {
  if (!fields.is_array())
    raise(ErrorCode::TypeMismatch, "'$densify.partitionByFields' must be an array of strings");
  for (const bson::Element& field : fields.as_document()) {
    if (!field.is_string())
      raise(ErrorCode::TypeMismatch, "'$densify.partitionByFields' must be an array of strings");
    if (field.as_string().starts_with('$'))
      raise(location(8993000), "Cannot partition by a field that starts with '$'");
    query::check_field_path(field.as_string());
    if (field.as_string() == out.field) {
      raise(location(5733404),
            "BSONfield 'partitionByFields' contains the field that is being "
            "densified");
    }
    out.partition_by.emplace_back(field.as_string());
  }
}

}  // namespace

void parse_densify(const StageTraits& traits, bson::Element body, const PipelineContext&,
                   Pipeline& out) {
  if (!body.is_document()) {
    raise(ErrorCode::FailedToParse, "The $densify stage specification must be an object, found {}",
          bson::type_alias(body.type()));
  }
  const View spec = body.as_document();
  for (const bson::Element& element : spec) {
    const std::string_view name = element.name();
    if (name == "field" || name == "partitionByFields" || name == "range") continue;
    raise(ErrorCode::Location40415, "BSON field '$densify.{}' is an unknown field", name);
  }
  for (const std::string_view required : {"field", "range"}) {
    if (!spec[required]) {
      raise(location(40414), "BSON field '$densify.{}' is missing but a required field", required);
    }
  }
  if (!spec["field"].is_string())
    raise(ErrorCode::TypeMismatch, "'$densify.field' must be a string");
  DensifyOptions options;
  options.field = spec["field"].as_string();
  if (options.field.starts_with('$'))
    raise(location(8993000), "Cannot densify field starting with '$'");
  query::check_field_path(options.field);
  if (const bson::Element fields = spec["partitionByFields"])
    read_partition_fields(fields, options);
  read_range(spec["range"], options);
  out.push_back(std::make_unique<DensifySpec>(traits, body, std::move(options)));
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// $shift: a value of the document so many places on.
#include <limits>

#include "base/error.h"
#include "pipeline/window/function.h"
#include "query/expression/integral.h"

namespace freshet::pipeline {
namespace {

using bson::Value;

struct ShiftOptions {
  query::ExpressionPtr output;
  std::int64_t by = 0;
  Value otherwise = Value::null();
};

class ShiftRun final : public WindowRun {
 public:
  ShiftRun(const ShiftOptions& options, Partition& partition)
      : options_(options), partition_(partition) {}
  Value at(std::size_t index) override {
    const std::int64_t wanted = static_cast<std::int64_t>(index) + options_.by;
    if (wanted < 0 || wanted >= static_cast<std::int64_t>(partition_.size()))
      return options_.otherwise;
    const Value value = partition_.evaluate(*options_.output, static_cast<std::size_t>(wanted));
    return value.missing() ? Value::null() : value;
  }

 private:
  const ShiftOptions& options_;
  Partition& partition_;
};

class ShiftFunction final : public WindowFunction {
 public:
  explicit ShiftFunction(ShiftOptions options) : options_(std::move(options)) {}
  WindowRunPtr start(Partition& partition) const override {
    return std::make_unique<ShiftRun>(options_, partition);
  }

 private:
  ShiftOptions options_;
};

Value constant_of(bson::Element element, query::ParseScope& scope) {
  const query::ExpressionPtr expression = query::parse_expression(element, scope);
  if (!expression->is_constant())
    raise(ErrorCode::FailedToParse, "'$shift:default' expression must yield a constant value");
  query::EvalContext context{scope.query(), Value(), Value(), {}};
  const Value value = expression->evaluate(context).owned();
  return value.missing() ? Value::null() : value;
}

}  // namespace

WindowFunctionPtr parse_shift(const WindowOutput& output) {
  output.refuse_window();
  output.require_sort(1, std::numeric_limits<std::size_t>::max());
  if (!output.function.is_document())
    raise(ErrorCode::FailedToParse, "Argument to $shift must be an object");
  ShiftOptions options;
  bool has_by = false;
  for (const bson::Element& element : output.function.as_document()) {
    if (element.name() == "output") {
      options.output = query::parse_expression(element, output.scope);
    } else if (element.name() == "by") {
      if (!query::is_integral_int32(element)) {
        raise(ErrorCode::FailedToParse, "'$shift:by' field must be an integer, but found {}",
              bson::type_alias(element.type()));
      }
      options.by = element.number_as_int64();
      has_by = true;
    } else if (element.name() == "default") {
      options.otherwise = constant_of(element, output.scope);
    } else {
      raise(ErrorCode::FailedToParse, "Unknown argument in $shift: {}", element.name());
    }
  }
  if (options.output == nullptr || !has_by)
    raise(ErrorCode::FailedToParse, "$shift requires 'output' and 'by'");
  return std::make_unique<ShiftFunction>(std::move(options));
}

}  // namespace freshet::pipeline

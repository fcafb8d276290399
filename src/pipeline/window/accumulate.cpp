// SPDX-License-Identifier: Apache-2.0
// Accumulators over windows. While the window only grows, an ordinary state takes what comes in;
// one that also shrinks uses a state that can give back, and where there is none it is added up
// anew.
#include <string>

#include "bson/builder.h"
#include "pipeline/window/function.h"
#include "query/accumulator.h"
#include "query/removable.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
using Extent = WindowCursor::Extent;

class GrowingRun final : public WindowRun {
 public:
  GrowingRun(const query::AccumulatorSpec& spec, const WindowBounds& bounds, Partition& partition)
      : spec_(spec), cursor_(bounds, partition), partition_(partition), fresh_(false) {
    state_ = spec_.make(Value::null(), partition.query());
  }
  Value at(std::size_t index) override {
    const Extent extent = cursor_.at(index);
    for (; added_ < extent.end; ++added_) {
      spec_.add(*state_, partition_.on(added_));
      fresh_ = false;
    }
    if (!fresh_) result_ = state_->result().owned();
    fresh_ = true;
    return result_;
  }

 private:
  const query::AccumulatorSpec& spec_;
  WindowCursor cursor_;
  Partition& partition_;
  std::unique_ptr<query::Accumulator> state_;
  std::size_t added_ = 0;
  bool fresh_;  // result_ is the state's
  Value result_;
};

class SlidingRun final : public WindowRun {
 public:
  SlidingRun(const query::AccumulatorSpec& spec, std::unique_ptr<query::Removable> state,
             const WindowBounds& bounds, Partition& partition)
      : spec_(spec), cursor_(bounds, partition), partition_(partition), state_(std::move(state)) {}
  Value at(std::size_t index) override {
    const Extent extent = cursor_.at(index);
    for (; held_.end < extent.end; ++held_.end) {
      if (held_.end >= extent.begin) state_->add(spec_.input(partition_.on(held_.end)));
    }
    for (; held_.begin < extent.begin; ++held_.begin) {
      // What came and went within one step was never added.
      if (held_.begin < added_before_) state_->remove(spec_.input(partition_.on(held_.begin)));
    }
    added_before_ = held_.end;
    return state_->result().owned();
  }

 private:
  const query::AccumulatorSpec& spec_;
  WindowCursor cursor_;
  Partition& partition_;
  std::unique_ptr<query::Removable> state_;
  Extent held_;
  std::size_t added_before_ = 0;  // documents up to here are in the state, or were
};

class RebuildingRun final : public WindowRun {
 public:
  RebuildingRun(const query::AccumulatorSpec& spec, const WindowBounds& bounds,
                Partition& partition)
      : spec_(spec), cursor_(bounds, partition), partition_(partition) {}
  Value at(std::size_t index) override {
    const Extent extent = cursor_.at(index);
    const auto state = spec_.make(Value::null(), partition_.query());
    for (std::size_t i = extent.begin; i < extent.end; ++i)
      spec_.add(*state, partition_.on(i));
    return state->result().owned();
  }

 private:
  const query::AccumulatorSpec& spec_;
  WindowCursor cursor_;
  Partition& partition_;
};

/// $first and $last need one document only.
class EndRun final : public WindowRun {
 public:
  EndRun(const query::AccumulatorSpec& spec, bool last, const WindowBounds& bounds,
         Partition& partition)
      : spec_(spec), last_(last), cursor_(bounds, partition), partition_(partition) {}
  Value at(std::size_t index) override {
    const Extent extent = cursor_.at(index);
    if (extent.begin == extent.end) return Value::null();
    const Value value = spec_.input(partition_.on(last_ ? extent.end - 1 : extent.begin)).owned();
    return value.missing() ? Value::null() : value;
  }

 private:
  const query::AccumulatorSpec& spec_;
  bool last_;
  WindowCursor cursor_;
  Partition& partition_;
};

class AccumulatorFunction final : public WindowFunction {
 public:
  explicit AccumulatorFunction(const WindowOutput& output)
      : name_(output.name()), bounds_(output.bounds()), spec_(make_spec(output)) {}

  WindowRunPtr start(Partition& partition) const override {
    if (name_ == "$first" || name_ == "$last")
      return std::make_unique<EndRun>(spec_, name_ == "$last", bounds_, partition);
    if (bounds_.lower.unbounded()) return std::make_unique<GrowingRun>(spec_, bounds_, partition);
    if (auto state = query::make_removable(name_, partition.query().collation))
      return std::make_unique<SlidingRun>(spec_, std::move(state), bounds_, partition);
    return std::make_unique<RebuildingRun>(spec_, bounds_, partition);
  }

 private:
  static query::AccumulatorSpec make_spec(const WindowOutput& output) {
    bson::Builder spec;
    const std::string document = spec.add(output.function).take();
    const bson::View view(document);
    return query::AccumulatorSpec(
        output.field, bson::ValueView(bson::Type::Document, view.data(), view.size_bytes()),
        output.scope);
  }

  const std::string name_;
  const WindowBounds bounds_;
  const query::AccumulatorSpec spec_;
};

}  // namespace

WindowFunctionPtr parse_window_accumulator(const WindowOutput& output) {
  return std::make_unique<AccumulatorFunction>(output);
}

}  // namespace freshet::pipeline

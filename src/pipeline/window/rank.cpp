// SPDX-License-Identifier: Apache-2.0
// $rank, $denseRank, $documentNumber.
#include <limits>

#include "base/error.h"
#include "pipeline/window/function.h"

namespace freshet::pipeline {
namespace {

using bson::Value;

enum class Style : std::uint8_t { Number, Rank, Dense };

class RankRun final : public WindowRun {
 public:
  RankRun(Style style, Partition& partition) : style_(style), partition_(partition) {}
  Value at(std::size_t index) override {
    const std::uint32_t group = partition_.rank_group(index);
    if (index == 0 || group != partition_.rank_group(index - 1)) first_of_group_ = index;
    if (style_ == Style::Dense) return number(group);
    return number(style_ == Style::Rank ? first_of_group_ : index);
  }

 private:
  static Value number(std::size_t from_zero) {
    const auto value = static_cast<std::int64_t>(from_zero) + 1;
    return value <= std::numeric_limits<std::int32_t>::max()
               ? Value::int32(static_cast<std::int32_t>(value))
               : Value::int64(value);
  }
  Style style_;
  Partition& partition_;
  std::size_t first_of_group_ = 0;
};

class RankFunction final : public WindowFunction {
 public:
  explicit RankFunction(Style style) : style_(style) {}
  WindowRunPtr start(Partition& partition) const override {
    return std::make_unique<RankRun>(style_, partition);
  }

 private:
  Style style_;
};

}  // namespace

WindowFunctionPtr parse_rank(const WindowOutput& output) {
  output.refuse_window();
  if (!output.function.is_document() || !output.function.as_document().empty()) {
    raise(location(5371603), "{} must be specified with '{{}}' as the value", output.name());
  }
  if (output.name() == "$documentNumber") {
    output.require_sort(1, std::numeric_limits<std::size_t>::max());
    return std::make_unique<RankFunction>(Style::Number);
  }
  output.require_sort(1, 1);
  return std::make_unique<RankFunction>(output.name() == "$rank" ? Style::Rank : Style::Dense);
}

}  // namespace freshet::pipeline

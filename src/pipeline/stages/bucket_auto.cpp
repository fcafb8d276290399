// SPDX-License-Identifier: Apache-2.0
// $bucketAuto: sorts by an expression and cuts the documents into buckets of about the same size.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "bson/compare.h"
#include "pipeline/stages/granularity.h"
#include "pipeline/stages/memory.h"
#include "pipeline/stages/stages.h"
#include "query/accumulator.h"
#include "query/expression/integral.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
using bson::View;

struct AutoBucketing {
  query::ExpressionPtr group_by;
  std::int64_t buckets = 0;
  std::unique_ptr<const Granularity> granularity;
  std::vector<query::AccumulatorSpec> output;
  std::size_t slots = 0;
};

struct Row {
  Value key;
  std::string document;
};

class BucketAutoStage final : public ExplainedStage {
 public:
  BucketAutoStage(StagePtr source, const StageSpec& spec, const AutoBucketing& bucketing,
                  const query::QueryContext& context)
      : ExplainedStage(std::move(source), spec), bucketing_(bucketing), context_(context) {}

  std::optional<View> next(Operation& op) override {
    if (!loaded_) load(op);
    if (position_ == rows_.size()) return std::nullopt;
    const std::size_t begin = position_;
    const std::size_t end = bucketing_.granularity ? rounded_end(begin) : plain_end(begin);
    write(op, begin, end);
    position_ = end;
    ++written_;
    return View(current_);
  }

 private:
  query::EvalContext evaluation(View document) const {
    const Value root(bson::ValueView(bson::Type::Document, document.data(), document.size_bytes()));
    return {context_, root, root, std::vector<Value>(bucketing_.slots)};
  }

  void load(Operation& op) {
    while (const auto document = source().next(op)) {
      op.check();
      Row row{Value(), document->to_string()};
      auto context = evaluation(View(row.document));
      row.key = bucketing_.group_by->evaluate(context).owned();
      if (row.key.missing()) row.key = Value::null();
      if (bucketing_.granularity) check_number(row.key);
      memory_.use(sizeof(Row) + row.key.view().raw().size() + row.document.size());
      rows_.push_back(std::move(row));
    }
    std::stable_sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
      return bson::compare(a.key.view(), b.key.view(), context_.collation) < 0;
    });
    const double size =
        std::round(static_cast<double>(rows_.size()) / static_cast<double>(bucketing_.buckets));
    size_ = std::max<std::size_t>(1, static_cast<std::size_t>(size));
    loaded_ = true;
  }

  static void check_number(const Value& key) {
    if (!key.view().is_number()) {
      raise(location(40258),
            "$bucketAuto can specify a 'granularity' with numeric boundaries only, found {}",
            bson::type_alias(key.type()));
    }
    const double number = key.view().number_as_double();
    if (std::isnan(number))
      raise(location(40259), "$bucketAuto with a 'granularity' cannot take NaN");
    if (number < 0)
      raise(location(40260), "$bucketAuto with a 'granularity' cannot take negative numbers");
  }

  bool is_last() const { return written_ + 1 >= bucketing_.buckets; }

  std::size_t plain_end(std::size_t begin) {
    std::size_t end = is_last() ? rows_.size() : std::min(begin + size_, rows_.size());
    const auto equal = [&](std::size_t a, std::size_t b) {
      return bson::equal(rows_[a].key.view(), rows_[b].key.view(), context_.collation);
    };
    while (end < rows_.size() && equal(end, end - 1))
      ++end;
    min_ = rows_[begin].key;
    max_ = end < rows_.size() ? rows_[end].key : rows_.back().key;
    return end;
  }

  /// With preferred numbers: a bucket ends below its bound, which the next one begins with. Zero is
  /// its own bound.
  std::size_t rounded_end(std::size_t begin) {
    const Granularity& granularity = *bucketing_.granularity;
    std::size_t end = is_last() ? rows_.size() : std::min(begin + size_, rows_.size());
    const auto number = [&](std::size_t at) { return rows_[at].key.view().number_as_double(); };
    min_ = written_ == 0 ? granularity.round_down(rows_[begin].key) : max_;
    max_ = granularity.round_up(rows_[end - 1].key);
    const double bound = max_.view().number_as_double();
    while (end < rows_.size() && (number(end) < bound || (bound == 0 && number(end) == 0)))
      ++end;
    if (bound == 0 && end < rows_.size()) max_ = granularity.round_down(rows_[end].key);
    return end;
  }

  void write(Operation& op, std::size_t begin, std::size_t end) {
    std::vector<std::unique_ptr<query::Accumulator>> accumulators;
    for (const auto& spec : bucketing_.output)
      accumulators.push_back(spec.make(Value::null(), context_));
    for (std::size_t i = begin; i < end; ++i) {
      op.check();
      auto context = evaluation(View(rows_[i].document));
      for (std::size_t j = 0; j < accumulators.size(); ++j)
        bucketing_.output[j].add(*accumulators[j], context);
    }
    bson::Builder out;
    out.open_document("_id").add("min", min_.view()).add("max", max_.view()).close();
    for (std::size_t j = 0; j < accumulators.size(); ++j) {
      out.add(bucketing_.output[j].field(), accumulators[j]->result().view());
    }
    current_ = out.take();
  }

  const AutoBucketing& bucketing_;
  const query::QueryContext& context_;
  StageMemory memory_{"$bucketAuto"};
  std::vector<Row> rows_;
  std::size_t size_ = 1;  ///< documents per bucket, about
  std::size_t position_ = 0;
  std::int64_t written_ = 0;
  Value min_;
  Value max_;
  bool loaded_ = false;
  std::string current_;
};

class BucketAutoSpec final : public StageSpec {
 public:
  BucketAutoSpec(const StageTraits& traits, bson::Element body, AutoBucketing bucketing)
      : StageSpec(traits, body), bucketing_(std::move(bucketing)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<BucketAutoStage>(std::move(source), *this, bucketing_, context.query);
  }

 private:
  AutoBucketing bucketing_;
};

std::int64_t bucket_count(bson::Element element) {
  if (!element.is_number()) {
    raise(location(40241),
          "The $bucketAuto 'buckets' field must be a numeric value, but found type: {}",
          bson::type_alias(element.type()));
  }
  if (!query::is_integral_int32(element)) {
    raise(location(40242),
          "The $bucketAuto 'buckets' field must be representable as a 32-bit integer");
  }
  const std::int64_t count = element.number_as_int64();
  if (count <= 0)
    raise(location(40243), "The $bucketAuto 'buckets' field must be greater than 0, but found: {}",
          count);
  return count;
}

bool is_path_or_expression(bson::Element element) {
  if (element.is_string()) return element.as_string().starts_with('$');
  return element.is_document() && !element.as_document().empty() &&
         (*element.as_document().begin()).name().starts_with('$');
}

void read_option(bson::Element element, query::ParseScope& scope, AutoBucketing& out) {
  const std::string_view name = element.name();
  if (name == "groupBy") {
    if (!is_path_or_expression(element)) {
      raise(
          location(40239),
          "The $bucketAuto 'groupBy' field must be defined as a $-prefixed path or an expression");
    }
    out.group_by = query::parse_expression(element, scope);
  } else if (name == "buckets") {
    out.buckets = bucket_count(element);
  } else if (name == "output") {
    if (!element.is_document()) {
      raise(location(40244), "The $bucketAuto 'output' field must be an object, but found type: {}",
            bson::type_alias(element.type()));
    }
    for (const auto& field : element.as_document())
      out.output.emplace_back(field.name(), field, scope);
  } else if (name == "granularity") {
    if (!element.is_string()) {
      raise(location(40261),
            "The $bucketAuto 'granularity' field must be a string, but found type: {}",
            bson::type_alias(element.type()));
    }
    out.granularity = make_granularity(element.as_string());
    if (out.granularity == nullptr)
      raise(location(40257), "Unknown rounding granularity '{}'", element.as_string());
  } else {
    raise(location(40245), "Unrecognized option to $bucketAuto: {}", name);
  }
}

}  // namespace

void parse_bucket_auto(const StageTraits& traits, bson::Element body,
                       const PipelineContext& context, Pipeline& out) {
  if (!body.is_document()) {
    raise(location(40240), "The argument to $bucketAuto must be an object, but found type: {}",
          bson::type_alias(body.type()));
  }
  AutoBucketing bucketing;
  query::ParseScope scope(context.query);
  for (const auto& element : body.as_document())
    read_option(element, scope, bucketing);
  if (bucketing.group_by == nullptr || bucketing.buckets == 0) {
    raise(location(40246), "$bucketAuto requires 'groupBy' and 'buckets' to be specified");
  }
  if (!body.as_document()["output"]) {
    bson::Builder count;
    count.open_document("count").add("$sum", std::int32_t{1}).close();
    const std::string spec = count.take();
    bucketing.output.emplace_back("count", *View(spec).begin(), scope);
  }
  bucketing.slots = scope.slots();
  out.push_back(std::make_unique<BucketAutoSpec>(traits, body, std::move(bucketing)));
}

}  // namespace freshet::pipeline

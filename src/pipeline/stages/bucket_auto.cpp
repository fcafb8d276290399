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
#include "bson/key.h"
#include "pipeline/kept_metadata.h"
#include "pipeline/spill/sorter.h"
#include "pipeline/stages/granularity.h"
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
                  const BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        bucketing_(bucketing),
        context_(context.query),
        kept_(context.query.metadata),
        sorter_("$bucketAuto", context.spill) {}

  std::optional<View> next(Operation& op) override {
    if (!loaded_) load(op);
    if (!ahead_) return std::nullopt;
    write(op);
    ++written_;
    return View(current_);
  }

 private:
  query::EvalContext evaluation(View document) const {
    const Value root(bson::ValueView(bson::Type::Document, document.data(), document.size_bytes()));
    return {context_, root, root, std::vector<Value>(bucketing_.slots)};
  }

  Value key_of(View document) const {
    auto context = evaluation(document);
    Value key = bucketing_.group_by->evaluate(context).owned();
    return key.missing() ? Value::null() : key;
  }

  void load(Operation& op) {
    while (const auto document = source().next(op)) {
      op.check();
      const Value key = key_of(*document);
      if (bucketing_.granularity) check_number(key);
      std::string sort_key;
      bson::append_key(sort_key, key.view(), false, context_.collation);
      sorter_.add(std::move(sort_key), kept_.pack(*document).bytes());
    }
    sorter_.finish(op);
    const double size =
        std::round(static_cast<double>(sorter_.added()) / static_cast<double>(bucketing_.buckets));
    size_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(size));
    advance(op);
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

  void advance(Operation& op) {
    ahead_.reset();
    const auto row = sorter_.next(op);
    if (!row) return;
    ahead_.emplace(Row{Value(), kept_.unpack(View(row->payload)).to_string()});
    ahead_->key = key_of(View(ahead_->document));
  }

  /// Whether the next document belongs to the bucket although that is full.
  bool belongs(const Value& last, const Value& max) const {
    if (!bucketing_.granularity)
      return bson::equal(ahead_->key.view(), last.view(), context_.collation);
    // With preferred numbers a bucket ends below its bound, which the next one begins with; zero is
    // its own bound.
    const double bound = max.view().number_as_double();
    const double number = ahead_->key.view().number_as_double();
    return number < bound || (bound == 0 && number == 0);
  }

  Value upper_bound(const Value& last) const {
    if (!bucketing_.granularity) return ahead_ ? ahead_->key : last;
    return rounded_max_;
  }

  using Accumulators = std::vector<std::unique_ptr<query::Accumulator>>;

  /// Adds the documents of one bucket; the key of the last one that its size let in.
  Value fill(Operation& op, Accumulators& accumulators) {
    const Granularity* granularity = bucketing_.granularity.get();
    const bool is_last = written_ + 1 >= bucketing_.buckets;
    Value last;
    for (std::uint64_t taken = 0; ahead_; ++taken) {
      op.check();
      const bool full = !is_last && taken >= size_;
      if (granularity != nullptr && full && taken == size_)
        rounded_max_ = granularity->round_up(last);
      if (full && !belongs(last, rounded_max_)) break;
      auto context = evaluation(View(ahead_->document));
      for (std::size_t i = 0; i < accumulators.size(); ++i)
        bucketing_.output[i].add(*accumulators[i], context);
      if (!full || granularity == nullptr) last = ahead_->key;
      advance(op);
    }
    return last;
  }

  void write(Operation& op) {
    const Granularity* granularity = bucketing_.granularity.get();
    const Value min = granularity == nullptr ? ahead_->key
                      : written_ == 0        ? granularity->round_down(ahead_->key)
                                             : rounded_max_;
    Accumulators accumulators;
    for (const auto& spec : bucketing_.output)
      accumulators.push_back(spec.make(Value::null(), context_));
    const Value last = fill(op, accumulators);
    finish_bound(last);
    bson::Builder out;
    out.open_document("_id").add("min", min.view()).add("max", upper_bound(last).view()).close();
    for (std::size_t i = 0; i < accumulators.size(); ++i)
      out.add(bucketing_.output[i].field(), accumulators[i]->result().view());
    current_ = out.take();
  }

  /// The bound is that of the last document which the bucket's own size let in.
  void finish_bound(const Value& last) {
    if (bucketing_.granularity == nullptr) return;
    rounded_max_ = bucketing_.granularity->round_up(last);
    if (rounded_max_.view().number_as_double() == 0 && ahead_)
      rounded_max_ = bucketing_.granularity->round_down(ahead_->key);
  }

  const AutoBucketing& bucketing_;
  const query::QueryContext& context_;
  KeptMetadata kept_;
  Sorter sorter_;
  std::optional<Row> ahead_;  // the first document that is in no bucket yet
  std::uint64_t size_ = 1;
  std::int64_t written_ = 0;
  Value rounded_max_;  // of the last bucket, with a granularity
  bool loaded_ = false;
  std::string current_;
};

class BucketAutoSpec final : public StageSpec {
 public:
  BucketAutoSpec(const StageTraits& traits, bson::Element body, AutoBucketing bucketing)
      : StageSpec(traits, body), bucketing_(std::move(bucketing)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<BucketAutoStage>(std::move(source), *this, bucketing_, context);
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

// SPDX-License-Identifier: Apache-2.0
// $setWindowFields: sorts by partition and sortBy, then gives every document of a partition what
// the window functions see around it.
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "bson/key.h"
#include "pipeline/kept_metadata.h"
#include "pipeline/spill/sorter.h"
#include "pipeline/stages/stages.h"
#include "pipeline/window/function.h"
#include "query/field_setter.h"
#include "query/path.h"
#include "query/sort.h"

namespace freshet::pipeline {
namespace {

using bson::Value;

/// The parsed body.
struct WindowFields {
  query::ExpressionPtr partition_by;  ///< null: one partition
  std::optional<query::SortPattern> sort_by;
  std::vector<WindowFunctionPtr> functions;
  std::vector<std::string> results;  ///< "w0", "w1" …: what the setter reads
  std::unique_ptr<const query::FieldSetter> setter;
  std::size_t slots = 0;

  std::string_view sort_path() const {
    const bool single = sort_by && sort_by->parts().size() == 1;
    return single ? std::string_view(sort_by->parts()[0].path) : std::string_view();
  }
};

class WindowFieldsStage final : public ExplainedStage {
 public:
  WindowFieldsStage(StagePtr source, const StageSpec& spec, const WindowFields& fields,
                    const BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        fields_(fields),
        context_(context.query),
        kept_(context.query.metadata),
        sorter_("$setWindowFields", context.spill),
        partition_(context_, fields.slots, fields.sort_path(), context.spill) {}

  std::optional<bson::View> next(Operation& op) override {
    if (!std::exchange(loaded_, true)) load(op);
    if (position_ == partition_.size() && !next_partition(op)) return std::nullopt;
    bson::Builder values;
    for (std::size_t i = 0; i < runs_.size(); ++i)
      values.add(fields_.results[i], runs_[i]->at(position_).view());
    const std::string root = values.take();
    current_ = fields_.setter->apply(partition_.document(position_++), bson::View(root), context_);
    return bson::View(current_);
  }

 private:
  // A row's payload: the length of the partition's part of the key, then the document.
  using KeyLength = std::uint32_t;

  void load(Operation& op) {
    query::EvalContext evaluation{context_, Value(), Value(), std::vector<Value>(fields_.slots)};
    while (const auto document = source().next(op)) {
      op.check();
      std::string key = partition_key(evaluation, *document);
      const auto length = static_cast<KeyLength>(key.size());
      if (fields_.sort_by) key += fields_.sort_by->key(*document, context_.collation);
      std::string payload(sizeof length, '\0');
      std::memcpy(payload.data(), &length, sizeof length);
      payload += kept_.pack(*document).bytes();
      sorter_.add(std::move(key), payload);
    }
    sorter_.finish(op);
    ahead_ = sorter_.next(op);
  }

  std::string partition_key(query::EvalContext& evaluation, bson::View document) const {
    std::string key;
    if (fields_.partition_by == nullptr) return key;
    evaluation.root =
        Value(bson::ValueView(bson::Type::Document, document.data(), document.size_bytes()));
    evaluation.current = evaluation.root;
    const Value value = fields_.partition_by->evaluate(evaluation);
    if (value.view().is_array()) {
      raise(ErrorCode::TypeMismatch,
            "An expression used to partition cannot evaluate to value of type array");
    }
    bson::append_key(key, value.missing() ? Value::null().view() : value.view(), false,
                     context_.collation);
    return key;
  }

  static KeyLength key_length(const SpilledRecord& record) {
    KeyLength length = 0;
    std::memcpy(&length, record.payload.data(), sizeof length);
    return length;
  }

  bool next_partition(Operation& op) {
    if (!ahead_) return false;
    partition_.clear();
    position_ = 0;
    const std::string key(ahead_->key.substr(0, key_length(*ahead_)));
    for (; ahead_ && ahead_->key.substr(0, key_length(*ahead_)) == key; ahead_ = sorter_.next(op)) {
      op.check();
      partition_.add(bson::View(ahead_->payload.substr(sizeof(KeyLength))),
                     ahead_->key.substr(key.size()));
    }
    runs_.clear();
    for (const auto& function : fields_.functions)
      runs_.push_back(function->start(partition_));
    return true;
  }

  const WindowFields& fields_;
  const query::QueryContext& context_;
  KeptMetadata kept_;
  Sorter sorter_;
  std::optional<SpilledRecord> ahead_;  // the first row of the next partition
  Partition partition_;
  std::vector<WindowRunPtr> runs_;
  std::size_t position_ = 0;
  bool loaded_ = false;
  std::string current_;
};

class WindowFieldsSpec final : public StageSpec {
 public:
  WindowFieldsSpec(const StageTraits& traits, bson::Element body, WindowFields fields)
      : StageSpec(traits, body), fields_(std::move(fields)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<WindowFieldsStage>(std::move(source), *this, fields_, context);
  }

 private:
  const WindowFields fields_;
};

/// {$sum: …, window: {…}} taken apart.
WindowOutput read_output(const bson::Element& field, const WindowFields& fields,
                         query::ParseScope& scope) {
  query::check_field_path(field.name());
  if (!field.is_document()) {
    raise(ErrorCode::FailedToParse, "The field '{}' must be an object", field.name());
  }
  WindowOutput out{.field = field.name(),
                   .sort_by = fields.sort_by ? &*fields.sort_by : nullptr,
                   .scope = scope};
  for (const bson::Element& element : field.as_document()) {
    if (element.name() == "window") {
      out.window = element;
    } else if (element.name().starts_with('$') && !out.function) {
      out.function = element;
    } else {
      raise(ErrorCode::FailedToParse, "Window function found an unknown argument: {}",
            element.name());
    }
  }
  if (!out.function)
    raise(ErrorCode::FailedToParse, "Expected a $-prefixed window function in '{}'", field.name());
  return out;
}

void read_outputs(bson::Element output, const PipelineContext& context, query::ParseScope& scope,
                  WindowFields& fields) {
  if (!output.is_document()) {
    raise(ErrorCode::FailedToParse, "'$setWindowFields.output' must be an object, found {}",
          bson::type_alias(output.type()));
  }
  bson::Builder setter;
  for (const bson::Element& field : output.as_document()) {
    fields.functions.push_back(parse_window_function(read_output(field, fields, scope)));
    fields.results.push_back("w" + std::to_string(fields.results.size()));
    setter.add(field.name(), "$" + fields.results.back());
  }
  const std::string spec = setter.take();
  if (bson::View(spec).empty()) return;
  fields.setter = std::make_unique<const query::FieldSetter>(
      bson::ValueView(bson::Type::Document, spec.data(), static_cast<std::uint32_t>(spec.size())),
      context.query);
}

}  // namespace

void parse_set_window_fields(const StageTraits& traits, bson::Element body,
                             const PipelineContext& context, Pipeline& out) {
  if (!body.is_document()) {
    raise(ErrorCode::FailedToParse,
          "the $setWindowFields stage specification must be an object, found {}",
          bson::type_alias(body.type()));
  }
  for (const bson::Element& element : body.as_document()) {
    const std::string_view name = element.name();
    if (name != "partitionBy" && name != "sortBy" && name != "output") {
      raise(ErrorCode::Location40415, "BSON field '$setWindowFields.{}' is an unknown field", name);
    }
  }
  WindowFields fields;
  query::ParseScope scope(context.query);
  const bson::View spec = body.as_document();
  if (const bson::Element by = spec["partitionBy"])
    fields.partition_by = query::parse_expression(by, scope);
  if (const bson::Element by = spec["sortBy"]) {
    if (!by.is_document())
      raise(ErrorCode::TypeMismatch, "'$setWindowFields.sortBy' must be an object");
    if (!by.as_document().empty()) fields.sort_by.emplace(by.as_document());
  }
  const bson::Element output = spec["output"];
  if (!output) {
    raise(location(40414), "BSON field '$setWindowFields.output' is missing but a required field");
  }
  read_outputs(output, context, scope, fields);
  if (fields.setter == nullptr) return;
  fields.slots = scope.slots();
  out.push_back(std::make_unique<WindowFieldsSpec>(traits, body, std::move(fields)));
}

}  // namespace freshet::pipeline

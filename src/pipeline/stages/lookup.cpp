// SPDX-License-Identifier: Apache-2.0
// $lookup: for each document those of another collection, by equal fields, by a pipeline, or both.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/equality.h"
#include "pipeline/stages/set_path.h"
#include "pipeline/stages/stages.h"
#include "pipeline/stages/sub_pipeline.h"
#include "query/expression/expression.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kLookupBytesMax = std::size_t{100} << 20;

struct Variable {
  std::string name;
  std::unique_ptr<query::CompiledExpression> value;
};

struct LookupOptions {
  std::string from;
  std::string as;
  std::string local_field;
  std::string foreign_field;
  bson::View pipeline;  // an array; lives as long as the specification
  std::vector<Variable> let;
};

struct Lookup {
  std::string from;
  std::string as;
  query::Path local_field;
  std::string foreign_field;  // empty: none
  std::vector<Variable> let;
  std::unique_ptr<SubPipeline> pipeline;
};

class LookupStage final : public ExplainedStage {
 public:
  LookupStage(StagePtr source, const StageSpec& spec, const Lookup& lookup, BuildContext& context)
      : ExplainedStage(std::move(source), spec), lookup_(lookup), context_(context) {
    if (context.collections == nullptr) {
      raise(ErrorCode::IllegalOperation, "$lookup is not possible without collections");
    }
  }

  std::optional<bson::View> next(Operation& op) override {
    const auto document = source().next(op);
    if (!document) return std::nullopt;
    document_ = document->to_string();
    const std::string found = look_up(op, bson::View(document_));
    const bson::ValueView array(bson::Type::Array, found.data(),
                                static_cast<std::uint32_t>(found.size()));
    current_ = with_path(bson::View(document_), lookup_.as, array);
    return bson::View(current_);
  }

 private:
  std::string filter_for(bson::View document) const {
    if (lookup_.foreign_field.empty()) return bson::View().to_string();
    std::vector<bson::Value> values;
    collect_values(lookup_.local_field, document, true, values);
    return equal_to_any(lookup_.foreign_field, values, bson::View());
  }

  std::string variables_for(bson::View document) const {
    bson::Builder out;
    for (const Variable& variable : lookup_.let) {
      const bson::Value value = variable.value->evaluate(document, context_.query);
      if (!value.missing()) out.add(variable.name, value.view());
    }
    return out.take();
  }

  std::string look_up(Operation& op, bson::View document) {
    const std::string filter = filter_for(document);
    const std::string variables = variables_for(document);
    const StagePtr stages =
        lookup_.pipeline->open(bson::View(filter), bson::View(variables), context_);
    bson::Builder out;
    while (const auto found = stages->next(op)) {
      op.check();
      if (out.size_bytes() + found->size_bytes() > kLookupBytesMax) {
        raise(
            location(4568),
            "Total size of documents in {} matching the pipeline's $lookup stage exceeds {} bytes",
            lookup_.from, kLookupBytesMax);
      }
      out.push(*found);
    }
    return out.take();
  }

  const Lookup& lookup_;
  BuildContext& context_;
  std::string document_;
  std::string current_;
};

class LookupSpec final : public StageSpec {
 public:
  LookupSpec(const StageTraits& traits, bson::Element body, Lookup lookup)
      : StageSpec(traits, body), lookup_(std::move(lookup)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<LookupStage>(std::move(source), *this, lookup_, context);
  }
  bool is_one_to_one() const override { return true; }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    lookup_.pipeline->add_other_collections(out);
  }

 private:
  const Lookup lookup_;
};

std::string_view text_of(const bson::Element& element) {
  if (!element.is_string()) {
    raise(ErrorCode::FailedToParse, "$lookup argument '{}' must be a string, found {}",
          element.name(), bson::type_alias(element.type()));
  }
  return element.as_string();
}

void read_let(LookupOptions& options, const bson::Element& element,
              const PipelineContext& context) {
  if (!element.is_document()) {
    raise(ErrorCode::FailedToParse, "$lookup argument 'let' must be an object, is type {}",
          bson::type_alias(element.type()));
  }
  for (const bson::Element& variable : element.as_document()) {
    query::check_user_variable(variable.name());
    options.let.push_back({std::string(variable.name()),
                           std::make_unique<query::CompiledExpression>(variable, context.query)});
  }
}

LookupOptions read_options(bson::View spec, const PipelineContext& context) {
  LookupOptions out;
  bool has_pipeline = false;
  bool has_as = false;
  for (const bson::Element& element : spec) {
    const std::string_view name = element.name();
    if (name == "from") {
      out.from = text_of(element);
    } else if (name == "as") {
      out.as = text_of(element);
      has_as = true;
    } else if (name == "localField") {
      out.local_field = text_of(element);
    } else if (name == "foreignField") {
      out.foreign_field = text_of(element);
    } else if (name == "let") {
      read_let(out, element, context);
    } else if (name == "pipeline") {
      if (!element.is_array())
        raise(ErrorCode::TypeMismatch, "'pipeline' option must be specified as an array");
      out.pipeline = element.as_document();
      has_pipeline = true;
    } else {
      raise(ErrorCode::FailedToParse, "unknown argument to $lookup: {}", name);
    }
  }
  if (!has_as) raise(ErrorCode::FailedToParse, "must specify 'as' field for a $lookup");
  if (out.from.empty()) raise(ErrorCode::FailedToParse, "must specify 'from' field for a $lookup");
  if (out.local_field.empty() != out.foreign_field.empty()) {
    raise(ErrorCode::FailedToParse,
          "$lookup requires both or neither of 'localField' and 'foreignField'");
  }
  if (out.local_field.empty() && !has_pipeline) {
    raise(ErrorCode::FailedToParse,
          "$lookup requires either 'pipeline' or both 'localField' and 'foreignField'");
  }
  if (!out.let.empty() && !has_pipeline) {
    raise(ErrorCode::FailedToParse, "$lookup with 'let' requires 'pipeline'");
  }
  return out;
}

}  // namespace

void parse_lookup(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                  Pipeline& out) {
  if (!body.is_document()) {
    raise(ErrorCode::FailedToParse, "the $lookup specification must be an Object");
  }
  LookupOptions options = read_options(body.as_document(), context);
  query::check_field_path(options.as);
  if (!options.local_field.empty()) {
    query::check_field_path(options.local_field);
    query::check_field_path(options.foreign_field);
  }
  std::vector<std::string> names;
  for (const Variable& variable : options.let)
    names.push_back(variable.name);
  auto pipeline = std::make_unique<SubPipeline>(
      SubPipeline::Place{context.database, options.from, PipelineKind::Lookup}, options.pipeline,
      std::move(names), context);
  Lookup lookup{.from = std::move(options.from),
                .as = std::move(options.as),
                .local_field = query::Path(options.local_field),
                .foreign_field = std::move(options.foreign_field),
                .let = std::move(options.let),
                .pipeline = std::move(pipeline)};
  out.push_back(std::make_unique<LookupSpec>(traits, body, std::move(lookup)));
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// $lookup: for each document those of another collection, by equal fields, by a pipeline, or both.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/equality.h"
#include "pipeline/stages/set_path.h"
#include "pipeline/stages/stages.h"
#include "query/expression/expression.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kLookupBytesMax = std::size_t{100} << 20;

struct LookupOptions {
  std::string database;
  std::string from;
  std::string as;
  std::string local_field;
  std::string foreign_field;
  std::string pipeline;  // BSON array
  std::vector<std::pair<std::string, std::unique_ptr<query::CompiledExpression>>> let;
  std::vector<std::string> correlated;  // the names of `let`, and those of enclosing $lookups
  int depth = 1;
  std::vector<StageSpec::OtherCollection> others;  // what the pipeline reads besides
};

PipelineContext inner_context(const LookupOptions& options, const query::QueryContext& query,
                              int depth) {
  return {.query = query,
          .database = options.database,
          .collection = options.from,
          .kind = PipelineKind::Lookup,
          .depth = depth};
}

std::string both(bson::View a, bson::View b) {
  if (a.empty()) return b.to_string();
  bson::Builder out;
  out.open_array("$and").push(a).push(b).close();
  return out.take();
}

class LookupStage final : public ExplainedStage {
 public:
  LookupStage(StagePtr source, const StageSpec& spec, const LookupOptions& options,
              BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        options_(options),
        context_(context),
        local_(options.local_field) {
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
    current_ = with_path(bson::View(document_), options_.as, array);
    return bson::View(current_);
  }

 private:
  std::string filter_for(bson::View document) const {
    if (options_.foreign_field.empty()) return bson::View().to_string();
    std::vector<bson::Value> values;
    collect_values(local_, document, true, values);
    return equal_to_any(options_.foreign_field, values, bson::View());
  }

  /// The variables of enclosing scopes and our own.
  std::string variables_for(bson::View document) const {
    bson::Builder out;
    for (const auto& outer : context_.query.let) {
      if (!is_own(outer.name())) out.add(outer);
    }
    for (const auto& [name, expression] : options_.let) {
      const bson::Value value = expression->evaluate(document, context_.query);
      if (!value.missing()) out.add(name, value.view());
    }
    return out.take();
  }

  bool is_own(std::string_view name) const {
    return std::ranges::any_of(options_.let, [&](const auto& own) { return own.first == name; });
  }

  std::string look_up(Operation& op, bson::View document) {
    std::string filter = filter_for(document);
    const std::string variables = variables_for(document);
    query::QueryContext inner = context_.query;
    inner.let = bson::View(variables);
    inner.correlated = &options_.correlated;
    BuildContext build{.query = inner,
                       .collections = context_.collections,
                       .database = options_.database,
                       .collection = options_.from};
    const Pipeline pipeline = parse_pipeline(bson::View(options_.pipeline),
                                             inner_context(options_, inner, options_.depth));
    std::size_t first = 0;
    if (!pipeline.empty()) {
      if (const auto match = pipeline.front()->match_filter()) {
        filter = both(bson::View(filter), *match);
        first = 1;
      }
    }
    const StagePtr stages = build_pipeline(
        pipeline, first,
        context_.collections->open(options_.database, options_.from, bson::View(filter), inner),
        build);
    bson::Builder out;
    while (const auto found = stages->next(op)) {
      op.check();
      if (out.size_bytes() + found->size_bytes() > kLookupBytesMax) {
        raise(
            location(4568),
            "Total size of documents in {} matching the pipeline's $lookup stage exceeds {} bytes",
            options_.from, kLookupBytesMax);
      }
      out.push(*found);
    }
    return out.take();
  }

  const LookupOptions& options_;
  BuildContext& context_;
  const query::Path local_;
  std::string document_;
  std::string current_;
};

class LookupSpec final : public StageSpec {
 public:
  LookupSpec(const StageTraits& traits, bson::Element body, LookupOptions options)
      : StageSpec(traits, body), options_(std::move(options)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<LookupStage>(std::move(source), *this, options_, context);
  }
  bool is_one_to_one() const override { return true; }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    out.push_back({options_.database, options_.from, false});
    out.insert(out.end(), options_.others.begin(), options_.others.end());
  }

 private:
  const LookupOptions options_;
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
    options.correlated.emplace_back(variable.name());
    options.let.emplace_back(variable.name(),
                             std::make_unique<query::CompiledExpression>(variable, context.query));
  }
}

LookupOptions read_options(bson::View spec, const PipelineContext& context) {
  LookupOptions out;
  out.database = context.database;
  out.depth = context.depth + 1;
  out.pipeline = bson::View().to_string();
  if (context.query.correlated != nullptr) out.correlated = *context.query.correlated;
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
      out.pipeline = element.as_document().to_string();
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
  // What cannot be parsed at all is refused now, not at the first document.
  query::QueryContext inner = context.query;
  inner.correlated = &options.correlated;
  const Pipeline pipeline =
      parse_pipeline(bson::View(options.pipeline), inner_context(options, inner, options.depth));
  for (const auto& stage : pipeline)
    stage->add_other_collections(options.others);
  out.push_back(std::make_unique<LookupSpec>(traits, body, std::move(options)));
}

}  // namespace freshet::pipeline

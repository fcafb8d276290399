// SPDX-License-Identifier: Apache-2.0
// $lookup: for each document those of another collection, by equal fields, by a pipeline, or both.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/memory.h"
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
  std::string pipeline;  // BSON array; empty: none
  std::vector<std::pair<std::string, std::unique_ptr<query::CompiledExpression>>> let;
};

// Every value that a path leads to, arrays opened; Missing counts as null.
void collect_values(const query::Path& path, bson::View document, bson::Builder& out) {
  query::visit_path(path, document, query::LeafArrays::Open,
                    [&](bson::ValueView value, std::size_t) {
                      if (value.missing() || value.type() == bson::Type::Undefined) {
                        out.push_raw(bson::Type::Null, {});
                      } else {
                        out.push(value);
                      }
                      return false;
                    });
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
    bson::Builder filter;
    if (options_.foreign_field.empty()) return filter.take();
    filter.open_document(options_.foreign_field).open_array("$in");
    std::string values;
    {
      bson::Builder list;
      collect_values(local_, document, list);
      values = list.take();
    }
    bool has_regex = false;
    for (const bson::Element& value : bson::View(values))
      has_regex = has_regex || value.type() == bson::Type::Regex;
    if (!has_regex) {
      for (const bson::Element& value : bson::View(values))
        filter.push(value.value());
      filter.close().close();
      return filter.take();
    }
    return equality_filter(bson::View(values));
  }

  // $in would run a regular expression that is a value here.
  std::string equality_filter(bson::View values) const {
    bson::Builder filter;
    filter.open_array("$or");
    for (const bson::Element& value : values) {
      filter.push_document()
          .open_document(options_.foreign_field)
          .add("$eq", value.value())
          .close()
          .close();
    }
    filter.close();
    return filter.take();
  }

  std::string variables_for(bson::View document) const {
    bson::Builder out;
    for (const auto& [name, expression] : options_.let) {
      const bson::Value value = expression->evaluate(document, context_.query);
      if (!value.missing()) out.add(name, value.view());
    }
    return out.take();
  }

  std::string look_up(Operation& op, bson::View document) {
    const std::string filter = filter_for(document);
    const std::string variables = variables_for(document);
    query::QueryContext inner = context_.query;
    if (!options_.let.empty()) inner.let = bson::View(variables);
    StagePtr stages =
        context_.collections->open(options_.database, options_.from, bson::View(filter), inner);
    BuildContext build{.query = inner,
                       .collections = context_.collections,
                       .database = options_.database,
                       .collection = options_.from};
    Pipeline pipeline;
    if (!options_.pipeline.empty()) {
      pipeline = parse_pipeline(bson::View(options_.pipeline), {.query = inner,
                                                                .database = options_.database,
                                                                .collection = options_.from,
                                                                .kind = PipelineKind::Lookup,
                                                                .depth = 1});
      stages = build_pipeline(pipeline, 0, std::move(stages), build);
    }
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
    options.let.emplace_back(variable.name(),
                             std::make_unique<query::CompiledExpression>(variable, context.query));
  }
}

LookupOptions read_options(bson::View spec, const PipelineContext& context) {
  LookupOptions out;
  out.database = context.database;
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
  // Stages that cannot be parsed at all are refused now, not at the first document. Variables are
  // bound to null for it.
  if (!options.pipeline.empty()) {
    bson::Builder names;
    for (const auto& [name, expression] : options.let)
      names.add_null(name);
    const std::string bound = names.take();
    query::QueryContext inner = context.query;
    if (!options.let.empty()) inner.let = bson::View(bound);
    static_cast<void>(parse_pipeline(bson::View(options.pipeline), {.query = inner,
                                                                    .database = options.database,
                                                                    .collection = options.from,
                                                                    .kind = PipelineKind::Lookup,
                                                                    .depth = context.depth + 1}));
  }
  out.push_back(std::make_unique<LookupSpec>(traits, body, std::move(options)));
}

}  // namespace freshet::pipeline

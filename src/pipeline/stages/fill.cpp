// SPDX-License-Identifier: Apache-2.0
// $fill: written as $setWindowFields with $linearFill and $locf, and $addFields for fixed values.
#include <string>

#include "base/error.h"
#include "pipeline/stages/stages.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

void check_names(bson::View body) {
  for (const bson::Element& element : body) {
    const std::string_view name = element.name();
    if (name == "output" || name == "partitionBy" || name == "partitionByFields" ||
        name == "sortBy")
      continue;
    raise(ErrorCode::Location40415, "BSON field '$fill.{}' is an unknown field", name);
  }
  if (body["partitionBy"] && body["partitionByFields"]) {
    raise(location(6050204),
          "Maximum one of 'partitionBy' and 'partitionByFields' can be specified in '$fill'");
  }
  const bson::Element output = body["output"];
  if (!output) raise(location(40414), "BSON field '$fill.output' is missing but a required field");
  if (!output.is_document() || output.as_document().empty())
    raise(location(6050203), "'$fill.output' must be an object with a field at least");
}

/// partitionBy, made of either way to say it.
void add_partition(bson::View body, bson::Builder& window) {
  if (const bson::Element by = body["partitionBy"]) window.add(by);
  const bson::Element fields = body["partitionByFields"];
  if (!fields) return;
  if (!fields.is_array())
    raise(ErrorCode::TypeMismatch, "'$fill.partitionByFields' must be an array of strings");
  window.open_document("partitionBy");
  std::size_t index = 0;
  for (const bson::Element& field : fields.as_document()) {
    if (!field.is_string())
      raise(ErrorCode::TypeMismatch, "'$fill.partitionByFields' must be an array of strings");
    query::check_field_path(field.as_string());
    window.add("f" + std::to_string(index++), "$" + std::string(field.as_string()));
  }
  window.close();
}

/// The one thing that {value: …} or {method: …} says.
bson::Element filling_of(const bson::Element& field) {
  if (!field.is_document() || field.as_document().count() != 1)
    raise(location(6050202), "'$fill.output.{}' must hold 'value' or 'method'", field.name());
  bson::Element filling = *field.as_document().begin();
  if (filling.name() != "value" && filling.name() != "method") {
    raise(ErrorCode::Location40415, "BSON field '$fill.output.{}.{}' is an unknown field",
          field.name(), filling.name());
  }
  return filling;
}

std::string_view function_of(const bson::Element& method) {
  if (method.is_string() && method.as_string() == "linear") return "$linearFill";
  if (method.is_string() && method.as_string() == "locf") return "$locf";
  raise(location(6050202), "Method must be either 'locf' or 'linear'");
}

/// The outputs of $setWindowFields and the fields of $addFields.
struct Outputs {
  bson::Builder functions;
  bson::Builder values;
  bool has_functions = false;
  bool has_values = false;
};

void add_output(const bson::Element& field, Outputs& out) {
  const bson::Element filling = filling_of(field);
  const std::string path = "$" + std::string(field.name());
  if (filling.name() == "method") {
    out.functions.open_document(field.name()).add(function_of(filling), path).close();
    out.has_functions = true;
    return;
  }
  out.values.open_document(field.name()).open_array("$ifNull");
  out.values.push(path).push(filling.value()).close().close();
  out.has_values = true;
}

}  // namespace

void parse_fill(const StageTraits&, bson::Element body, const PipelineContext& context,
                Pipeline& out) {
  if (!body.is_document()) {
    raise(ErrorCode::FailedToParse, "The $fill stage specification must be an object, found {}",
          bson::type_alias(body.type()));
  }
  const bson::View spec = body.as_document();
  check_names(spec);
  Outputs outputs;
  for (const bson::Element& field : spec["output"].as_document())
    add_output(field, outputs);
  if (outputs.has_functions) {
    bson::Builder stage;
    stage.open_document("$setWindowFields");
    add_partition(spec, stage);
    if (const bson::Element by = spec["sortBy"]) stage.add(by);
    const std::string functions = outputs.functions.take();
    stage.add("output", bson::View(functions)).close();
    const std::string document = stage.take();
    parse_stage(bson::View(document), context, out);
  }
  if (outputs.has_values) {
    bson::Builder stage;
    const std::string values = outputs.values.take();
    const std::string document = stage.add("$addFields", bson::View(values)).take();
    parse_stage(bson::View(document), context, out);
  }
}

}  // namespace freshet::pipeline

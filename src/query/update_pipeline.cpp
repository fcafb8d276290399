// SPDX-License-Identifier: Apache-2.0
#include "query/update_pipeline.h"

#include "base/error.h"
#include "bson/builder.h"
#include "query/expression/expression.h"
#include "query/field_setter.h"
#include "query/projection.h"

namespace freshet::query {

class UpdatePipeline::Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string apply(bson::View document, const QueryContext& context) const = 0;
};

namespace {

using Stage = UpdatePipeline::Stage;
using StagePtr = std::unique_ptr<const Stage>;

class SetStage final : public Stage {
 public:
  SetStage(bson::ValueView spec, const QueryContext& context) : setter_(spec, context) {}
  std::string apply(bson::View document, const QueryContext& context) const override {
    return setter_.apply(document, context);
  }

 private:
  FieldSetter setter_;
};

class ProjectStage final : public Stage {
 public:
  ProjectStage(bson::View spec, const QueryContext& context)
      : projection_(spec, ProjectionKind::Aggregate, context) {}
  std::string apply(bson::View document, const QueryContext& context) const override {
    return projection_.apply(document, context);
  }

 private:
  Projection projection_;
};

class ReplaceStage final : public Stage {
 public:
  ReplaceStage(bson::ValueView spec, const QueryContext& context) : expression_(spec, context) {}
  std::string apply(bson::View document, const QueryContext& context) const override {
    const bson::Value value = expression_.evaluate(document, context);
    if (value.type() != bson::Type::Document) {
      raise(
          location(40228),
          "'newRoot' expression must evaluate to an object, but the resulting value was of type {}",
          value.missing() ? "missing" : bson::type_alias(value.type()));
    }
    return value.view().as_document().to_string();
  }

 private:
  CompiledExpression expression_;
};

StagePtr make_set(const bson::Element& body, const QueryContext& context) {
  return std::make_unique<SetStage>(body, context);
}

StagePtr make_project(const bson::Element& body, const QueryContext& context) {
  if (!body.is_document()) raise(location(15969), "$project specification must be an object");
  return std::make_unique<ProjectStage>(body.as_document(), context);
}

StagePtr make_unset(const bson::Element& body, const QueryContext& context) {
  bson::Builder spec;
  if (body.is_string()) {
    spec.add(body.as_string(), false);
  } else if (body.is_array() && !body.as_document().empty()) {
    for (const bson::Element& element : body.as_document()) {
      if (!element.is_string())
        raise(location(31120), "$unset specification must be a string or an array of strings");
      spec.add(element.as_string(), false);
    }
  } else {
    raise(location(31002), "$unset specification must be a string or a non-empty array");
  }
  const std::string bytes = spec.take();
  return std::make_unique<ProjectStage>(bson::View(bytes), context);
}

StagePtr make_replace_root(const bson::Element& body, const QueryContext& context) {
  if (!body.is_document())
    raise(location(40229), "expected an object as specification for $replaceRoot stage");
  for (const bson::Element& element : body.as_document()) {
    if (element.name() != "newRoot") {
      raise(ErrorCode::Location40415, "BSON field '$replaceRoot.{}' is an unknown field",
            element.name());
    }
  }
  const bson::Element root = body.as_document()["newRoot"];
  if (!root)
    raise(location(40414), "BSON field '$replaceRoot.newRoot' is missing but a required field");
  return std::make_unique<ReplaceStage>(root, context);
}

StagePtr make_replace_with(const bson::Element& body, const QueryContext& context) {
  return std::make_unique<ReplaceStage>(body, context);
}

struct StageRow {
  std::string_view name;
  StagePtr (*make)(const bson::Element&,
                   const QueryContext&);  ///< nullptr: a stage, but none that updates may use
};

constexpr StageRow kStages[] = {
    {"$addFields", make_set},
    {"$project", make_project},
    {"$replaceRoot", make_replace_root},
    {"$replaceWith", make_replace_with},
    {"$set", make_set},
    {"$unset", make_unset},
    {"$bucket", nullptr},
    {"$bucketAuto", nullptr},
    {"$changeStream", nullptr},
    {"$collStats", nullptr},
    {"$count", nullptr},
    {"$densify", nullptr},
    {"$documents", nullptr},
    {"$facet", nullptr},
    {"$fill", nullptr},
    {"$geoNear", nullptr},
    {"$graphLookup", nullptr},
    {"$group", nullptr},
    {"$indexStats", nullptr},
    {"$limit", nullptr},
    {"$lookup", nullptr},
    {"$match", nullptr},
    {"$merge", nullptr},
    {"$out", nullptr},
    {"$redact", nullptr},
    {"$sample", nullptr},
    {"$setWindowFields", nullptr},
    {"$skip", nullptr},
    {"$sort", nullptr},
    {"$sortByCount", nullptr},
    {"$unionWith", nullptr},
    {"$unwind", nullptr},
};

const StageRow& find_stage(std::string_view name) {
  for (const StageRow& row : kStages) {
    if (row.name == name) return row;
  }
  raise(location(40324), "unrecognized pipeline stage name: '{}'", name);
}

}  // namespace

UpdatePipeline::UpdatePipeline(bson::View stages, const QueryContext& context) {
  for (const bson::Element& element : stages) {
    if (!element.is_document()) {
      raise(ErrorCode::TypeMismatch, "each element of the 'pipeline' array must be an object");
    }
    const bson::View stage = element.as_document();
    if (stage.count() != 1) {
      raise(location(40323),
            "a pipeline stage specification object must contain exactly one field");
    }
    const StageRow& row = find_stage(stage.begin()->name());
    if (row.make == nullptr) {
      raise(ErrorCode::InvalidOptions, "{} is not allowed to be used within an update", row.name);
    }
    stages_.push_back(row.make(*stage.begin(), context));
  }
}

UpdatePipeline::~UpdatePipeline() = default;

std::string UpdatePipeline::apply(bson::View document, const QueryContext& context) const {
  std::string current = document.to_string();
  for (const auto& stage : stages_)
    current = stage->apply(bson::View(current), context);
  return current;
}

}  // namespace freshet::query

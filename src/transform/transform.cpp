// SPDX-License-Identifier: Apache-2.0
// $match $project $addFields/$set $unset $replaceRoot/$replaceWith, and the table of all
// transforms.
#include "transform/transform.h"

#include <algorithm>

#include "base/error.h"
#include "bson/builder.h"
#include "query/expression/expression.h"
#include "query/field_setter.h"
#include "query/match_text.h"
#include "query/matcher.h"
#include "query/path.h"
#include "query/projection.h"
#include "transform/redact.h"

namespace freshet::transform {
namespace {

using bson::ValueView;
using bson::View;
using query::QueryContext;

class Match final : public Transform {
 public:
  Match(View filter, const QueryContext& context) : matcher_(filter, context) {}
  Result apply(View document, const QueryContext&) const override {
    return {matcher_.matches(document), std::nullopt};
  }
  std::string_view name() const override { return "$match"; }

 private:
  query::Matcher matcher_;
};

/// $project and $unset.
class Project final : public Transform {
 public:
  Project(std::string_view name, View spec, const QueryContext& context)
      : name_(name), projection_(spec, query::ProjectionKind::Aggregate, context) {}
  Result apply(View document, const QueryContext& context) const override {
    return {true, projection_.apply(document, context)};
  }
  std::string_view name() const override { return name_; }

 private:
  std::string_view name_;
  query::Projection projection_;
};

class SetFields final : public Transform {
 public:
  SetFields(std::string_view name, ValueView spec, const QueryContext& context)
      : name_(name), setter_(spec, context) {}
  Result apply(View document, const QueryContext& context) const override {
    return {true, setter_.apply(document, context)};
  }
  std::string_view name() const override { return name_; }

 private:
  std::string_view name_;
  query::FieldSetter setter_;
};

class ReplaceRoot final : public Transform {
 public:
  ReplaceRoot(std::string_view name, ValueView spec, const QueryContext& context)
      : name_(name), root_(spec, context) {}
  Result apply(View document, const QueryContext& context) const override {
    const bson::Value value = root_.evaluate(document, context);
    if (!value.view().is_document()) {
      raise(location(40228),
            "'newRoot' expression must evaluate to an object, but resulting value was of type {}",
            value.missing() ? "missing" : bson::type_alias(value.type()));
    }
    return {true, value.view().as_document().to_string()};
  }
  std::string_view name() const override { return name_; }

 private:
  std::string_view name_;
  query::CompiledExpression root_;
};

TransformPtr parse_match(std::string_view, ValueView body, const QueryContext& context) {
  if (!body.is_document()) {
    raise(location(15959), "the match filter must be an expression in an object");
  }
  if (context.search == nullptr && query::mentions_text(body.as_document())) {
    raise(location(17313), "$match with $text is only allowed as the first pipeline stage");
  }
  return std::make_unique<Match>(body.as_document(), context);
}

TransformPtr parse_project(std::string_view name, ValueView body, const QueryContext& context) {
  if (!body.is_document()) raise(location(15969), "$project specification must be an object");
  if (body.as_document().empty())
    raise(location(51272), "projection specification must have at least one field");
  return std::make_unique<Project>(name, body.as_document(), context);
}

TransformPtr parse_set(std::string_view name, ValueView body, const QueryContext& context) {
  if (!body.is_document()) {
    raise(location(40272), "{} specification stage must be an object, got {}", name,
          bson::type_alias(body.type()));
  }
  return std::make_unique<SetFields>(name, body, context);
}

TransformPtr parse_unset(std::string_view name, ValueView body, const QueryContext& context) {
  bson::Builder spec;
  const auto add = [&](std::string_view path) {
    query::check_field_path(path);
    spec.add(path, false);
  };
  if (body.is_string()) {
    add(body.as_string());
  } else if (body.is_array() && !body.as_document().empty()) {
    for (const auto& element : body.as_document()) {
      if (!element.is_string()) {
        raise(location(31120),
              "$unset specification must be a string or an array containing only string values");
      }
      add(element.as_string());
    }
  } else if (body.is_array()) {
    raise(location(31119),
          "$unset specification must be a string or an array with at least one field");
  } else {
    raise(location(31002), "$unset specification must be a string or an array");
  }
  const std::string bytes = spec.take();
  return std::make_unique<Project>(name, View(bytes), context);
}

TransformPtr parse_replace_root(std::string_view name, ValueView body,
                                const QueryContext& context) {
  if (!body.is_document()) {
    raise(location(40229), "expected an object as specification for $replaceRoot stage, got {}",
          bson::type_alias(body.type()));
  }
  for (const auto& element : body.as_document()) {
    if (element.name() != "newRoot") {
      raise(ErrorCode::Location40415, "BSON field '$replaceRoot.{}' is an unknown field",
            element.name());
    }
  }
  const bson::Element root = body.as_document()["newRoot"];
  if (!root)
    raise(location(40414), "BSON field '$replaceRoot.newRoot' is missing but a required field");
  return std::make_unique<ReplaceRoot>(name, root, context);
}

TransformPtr parse_replace_with(std::string_view name, ValueView body,
                                const QueryContext& context) {
  return std::make_unique<ReplaceRoot>(name, body, context);
}

struct TransformRow {
  std::string_view name;
  TransformPtr (*parse)(std::string_view name, ValueView body, const QueryContext& context);
};

constexpr TransformRow kTransforms[] = {
    {"$match", parse_match},
    {"$project", parse_project},
    {"$addFields", parse_set},
    {"$set", parse_set},
    {"$unset", parse_unset},
    {"$replaceRoot", parse_replace_root},
    {"$replaceWith", parse_replace_with},
    {"$redact", parse_redact},
};

}  // namespace

TransformPtr parse_transform(std::string_view stage_name, ValueView body,
                             const QueryContext& context) {
  const auto* found = std::find_if(std::begin(kTransforms), std::end(kTransforms),
                                   [&](const TransformRow& row) { return row.name == stage_name; });
  return found == std::end(kTransforms) ? nullptr : found->parse(found->name, body, context);
}

}  // namespace freshet::transform

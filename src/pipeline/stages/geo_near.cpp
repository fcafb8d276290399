// SPDX-License-Identifier: Apache-2.0
// $geoNear: the documents around a place, the nearest first, with how far away each is. What
// reaches them is a $near in the filter (match_filter()); the stage itself adds the fields.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "bson/builder.h"
#include "pipeline/stages/set_path.h"
#include "pipeline/stages/stages.h"
#include "query/document_metadata.h"
#include "query/expression/expression.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

using Metadata = query::DocumentMetadata::Kind;

struct GeoNearOptions {
  bson::Value near;
  bson::View query;
  std::string distance_field;
  std::string locations_field;  ///< empty: not asked for
  std::string key;
  double multiplier = 1;
  bool spherical = false;
  std::optional<double> distance_min;
  std::optional<double> distance_max;
};

double number_from(std::string_view name, bson::ValueView value) {
  if (!value.is_number()) {
    raise(ErrorCode::TypeMismatch, "'{}' of $geoNear must be a number, found {}", name,
          bson::type_alias(value.type()));
  }
  const double number = value.number_as_double();
  if (!(number >= 0)) raise(ErrorCode::BadValue, "'{}' of $geoNear must not be negative", name);
  return number;
}

/// The value of an expression that reads no document; it may name variables of the command's `let`.
bson::Value constant_from(const bson::Element& field, const query::QueryContext& context) {
  const query::CompiledExpression expression(field, context);
  query::Dependencies reads;
  expression.root().add_dependencies(reads);
  if (reads.whole_document || !reads.paths.empty()) {
    raise(location(5860402), "$geoNear requires '{}' to be a constant", field.name());
  }
  return bson::Value::copy(expression.evaluate(bson::View(), context).view());
}

bson::Value point_from(const bson::Element& field, const query::QueryContext& context) {
  bson::Value out = constant_from(field, context);
  if (!out.view().is_document() && !out.view().is_array()) {
    raise(location(16605), "$geoNear requires 'near' to be a point");
  }
  return out;
}

double distance_from(const bson::Element& field, const query::QueryContext& context) {
  return number_from(field.name(), constant_from(field, context).view());
}

std::string path_from(const bson::Element& field, std::int32_t code) {
  if (!field.is_string()) {
    raise(location(code), "$geoNear requires '{}' to be a string, found {}", field.name(),
          bson::type_alias(field.type()));
  }
  query::check_field_path(field.as_string());
  return std::string(field.as_string());
}

void read(const bson::Element& field, const query::QueryContext& context, GeoNearOptions& out) {
  const std::string_view name = field.name();
  if (name == "near") {
    out.near = point_from(field, context);
  } else if (name == "distanceField") {
    out.distance_field = path_from(field, 16606);
  } else if (name == "includeLocs") {
    out.locations_field = path_from(field, 16607);
  } else if (name == "key") {
    out.key = path_from(field, 16608);
  } else if (name == "query") {
    if (!field.is_document()) {
      raise(ErrorCode::TypeMismatch, "'query' of $geoNear must be an object");
    }
    out.query = field.as_document();
  } else if (name == "distanceMultiplier") {
    out.multiplier = number_from(name, field);
  } else if (name == "minDistance") {
    out.distance_min = distance_from(field, context);
  } else if (name == "maxDistance") {
    out.distance_max = distance_from(field, context);
  } else if (name == "spherical") {
    out.spherical = field.truthy();
  } else {
    raise(location(40415), "'{}' is no option of $geoNear", name);
  }
}

/// The place to look at when none is named: that of the only 2d index, or else of the only 2dsphere
/// index.
std::string only_place(const query::QueryContext& context) {
  const query::SearchScope* search = context.search;
  if (search == nullptr || (search->flat_places.empty() && search->sphere_places.empty())) {
    raise(ErrorCode::IndexNotFound, "$geoNear requires a 2d or 2dsphere index, there is none");
  }
  const bool flat = !search->flat_places.empty();
  const std::vector<std::string>& places = flat ? search->flat_places : search->sphere_places;
  if (places.size() > 1) {
    raise(ErrorCode::IndexNotFound,
          "there is more than one {} index: 'key' of $geoNear says which one is meant",
          flat ? "2d" : "2dsphere");
  }
  return places.front();
}

void add_bounds(bson::Builder& out, const GeoNearOptions& options) {
  if (options.distance_min) out.add("$minDistance", *options.distance_min);
  if (options.distance_max) out.add("$maxDistance", *options.distance_max);
}

/// {$and: [query, {key: {$near: …}}]}.
std::string filter_of(const GeoNearOptions& options) {
  const bson::ValueView near = options.near.view();
  const bool geometry = near.is_document() && near.as_document()["type"].is_string();
  bson::Builder out;
  out.open_array("$and");
  if (!options.query.empty()) out.push(bson::ValueView::document(options.query));
  out.push_document().open_document(options.key);
  if (geometry) {
    out.open_document("$nearSphere").add("$geometry", near);
    add_bounds(out, options);
    out.close();
  } else {
    out.add(options.spherical ? "$nearSphere" : "$near", near);
    add_bounds(out, options);
  }
  out.close().close().close();
  return out.take();
}

class GeoNearStage final : public ExplainedStage {
 public:
  GeoNearStage(StagePtr source, const StageSpec& spec, const GeoNearOptions& options,
               query::DocumentMetadata& metadata)
      : ExplainedStage(std::move(source), spec), options_(options), metadata_(metadata) {}

  std::optional<bson::View> next(Operation& op) override {
    const auto document = source().next(op);
    if (!document) return std::nullopt;
    const double distance =
        metadata_.get(Metadata::GeoNearDistance).view().number_as_double() * options_.multiplier;
    metadata_.set(Metadata::GeoNearDistance, bson::Value::number(distance));
    current_ = document->to_string();
    current_ = with_path(bson::View(current_), options_.distance_field,
                         metadata_.get(Metadata::GeoNearDistance));
    if (!options_.locations_field.empty()) {
      current_ = with_path(bson::View(current_), options_.locations_field,
                           metadata_.get(Metadata::GeoNearPoint));
    }
    return bson::View(current_);
  }

 private:
  const GeoNearOptions& options_;
  query::DocumentMetadata& metadata_;
  std::string current_;
};

class GeoNearSpec final : public StageSpec {
 public:
  GeoNearSpec(const StageTraits& traits, bson::Element body, GeoNearOptions options)
      : StageSpec(traits, body), options_(std::move(options)), filter_(filter_of(options_)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<GeoNearStage>(std::move(source), *this, options_,
                                          *context.query.metadata);
  }
  std::optional<bson::View> match_filter() const override { return bson::View(filter_); }

 private:
  GeoNearOptions options_;
  std::string filter_;
};

}  // namespace

void parse_geo_near(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                    Pipeline& out) {
  check_kind(traits, context.kind);
  if (!body.is_document()) raise(location(10065), "invalid parameter: $geoNear takes an object");
  GeoNearOptions options;
  for (const bson::Element& field : body.as_document())
    read(field, context.query, options);
  if (options.near.missing()) raise(location(16605), "$geoNear requires 'near'");
  if (options.distance_field.empty()) {
    raise(location(16606), "$geoNear requires 'distanceField'");
  }
  if (options.key.empty()) options.key = only_place(context.query);
  if (context.query.metadata != nullptr) {
    for (const Metadata kind : {Metadata::GeoNearDistance, Metadata::GeoNearPoint}) {
      context.query.metadata->offer(kind);
      context.query.metadata->want(kind);
    }
  }
  out.push_back(std::make_unique<GeoNearSpec>(traits, body, std::move(options)));
}

}  // namespace freshet::pipeline

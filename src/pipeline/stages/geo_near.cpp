// SPDX-License-Identifier: Apache-2.0
// $geoNear: the documents around a place, the nearest first, with how far away each is. What
// reaches them is a $near in the filter (match_filter()); the stage itself adds the fields.
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "bson/builder.h"
#include "pipeline/stages/set_path.h"
#include "pipeline/stages/stages.h"
#include "query/document_metadata.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

using Metadata = query::DocumentMetadata::Kind;

struct GeoNearOptions {
  bson::ValueView near;
  bson::View query;
  std::string distance_field;
  std::string locations_field;  ///< empty: not asked for
  std::string key;
  double multiplier = 1;
  bool spherical = false;
  std::optional<double> distance_min;
  std::optional<double> distance_max;
};

double number_from(const bson::Element& field) {
  if (!field.is_number()) {
    raise(ErrorCode::TypeMismatch, "'{}' of $geoNear must be a number, found {}", field.name(),
          bson::type_alias(field.type()));
  }
  const double number = field.number_as_double();
  if (!(number >= 0)) {
    raise(ErrorCode::BadValue, "'{}' of $geoNear must not be negative", field.name());
  }
  return number;
}

std::string path_from(const bson::Element& field, std::int32_t code) {
  if (!field.is_string()) {
    raise(location(code), "$geoNear requires '{}' to be a string, found {}", field.name(),
          bson::type_alias(field.type()));
  }
  query::check_field_path(field.as_string());
  return std::string(field.as_string());
}

void read(const bson::Element& field, GeoNearOptions& out) {
  const std::string_view name = field.name();
  if (name == "near") {
    if (!field.is_document() && !field.is_array()) {
      raise(location(16605), "$geoNear requires 'near' to be a point");
    }
    out.near = field;
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
    out.multiplier = number_from(field);
  } else if (name == "minDistance") {
    out.distance_min = number_from(field);
  } else if (name == "maxDistance") {
    out.distance_max = number_from(field);
  } else if (name == "spherical") {
    out.spherical = field.truthy();
  } else {
    raise(location(40415), "'{}' is no option of $geoNear", name);
  }
}

/// The place to look at when none is named: that of the only index there is.
std::string only_place(const query::QueryContext& context) {
  const query::SearchScope* search = context.search;
  if (search == nullptr || search->places.empty()) {
    raise(ErrorCode::IndexNotFound, "$geoNear requires a 2d or 2dsphere index, there is none");
  }
  if (search->places.size() > 1) {
    raise(ErrorCode::IndexNotFound,
          "there is more than one geospatial index: 'key' of $geoNear says which one is meant");
  }
  return search->places.front();
}

void add_bounds(bson::Builder& out, const GeoNearOptions& options) {
  if (options.distance_min) out.add("$minDistance", *options.distance_min);
  if (options.distance_max) out.add("$maxDistance", *options.distance_max);
}

/// {$and: [query, {key: {$near: …}}]}.
std::string filter_of(const GeoNearOptions& options) {
  const bool geometry =
      options.near.is_document() && options.near.as_document()["type"].is_string();
  bson::Builder out;
  out.open_array("$and");
  if (!options.query.empty()) out.push(bson::ValueView::document(options.query));
  out.push_document().open_document(options.key);
  if (geometry) {
    out.open_document("$nearSphere").add("$geometry", options.near);
    add_bounds(out, options);
    out.close();
  } else {
    out.add(options.spherical ? "$nearSphere" : "$near", options.near);
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
    read(field, options);
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

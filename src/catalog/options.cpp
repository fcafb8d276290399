// SPDX-License-Identifier: Apache-2.0
#include "catalog/options.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "bson/builder.h"
#include "catalog/clustered.h"
#include "catalog/time_series.h"

namespace freshet::catalog {
namespace {

using bson::Type;

// The order in which options are stored and listed.
constexpr std::array<std::string_view, 17> kOptionOrder = {
    "capped",
    "size",
    "max",
    "autoIndexId",
    "changeStreamPreAndPostImages",
    "freshetHistory",
    "storageEngine",
    "indexOptionDefaults",
    "validator",
    "validationLevel",
    "validationAction",
    "collation",
    "viewOn",
    "pipeline",
    "clusteredIndex",
    "expireAfterSeconds",
    "timeseries",
};

constexpr std::int64_t kCappedUnit = 256;
constexpr std::int64_t kCappedBytesMax = std::int64_t{1} << 50;
constexpr std::int64_t kHistorySecondsMax = INT32_MAX;
constexpr std::int64_t kCappedDocumentsMax = (std::int64_t{1} << 31) - 1;

void add_number(bson::Builder& out, std::string_view name, std::int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX) {
    out.add(name, static_cast<std::int32_t>(value));
  } else {
    out.add(name, value);
  }
}

/// What a create command said, field by field.
struct Wanted {
  bson::ValueView capped, size, max, auto_index_id, images, history, validator, level, action,
      collation, engine, index_defaults, view_on, pipeline, id_index, clustered, expire,
      time_series;
};

void check_index_defaults(bson::ValueView value) {
  require_type(value, Type::Document, "indexOptionDefaults");
  for (const bson::Element& field : value.as_document()) {
    if (field.name() != "storageEngine") {
      raise(ErrorCode::Location40415, "BSON field 'indexOptionDefaults.{}' is an unknown field",
            field.name());
    }
    check_engine_options(field, "indexOptionDefaults.storageEngine");
  }
}

void take_option(Wanted& wanted, const bson::Element& field) {
  const std::string_view name = field.name();
  const bson::ValueView value = field.value();
  if (name == "capped") {
    wanted.capped = value;
  } else if (name == "size") {
    wanted.size = value;
  } else if (name == "max") {
    wanted.max = value;
  } else if (name == "autoIndexId") {
    wanted.auto_index_id = value;
  } else if (name == "idIndex") {
    wanted.id_index = value;
  } else if (name == "changeStreamPreAndPostImages") {
    wanted.images = value;
  } else if (name == "freshetHistory") {
    wanted.history = value;
  } else if (name == "validator") {
    wanted.validator = value;
  } else if (name == "validationLevel") {
    wanted.level = value;
  } else if (name == "validationAction") {
    wanted.action = value;
  } else if (name == "collation") {
    wanted.collation = value;
  } else if (name == "viewOn") {
    wanted.view_on = value;
  } else if (name == "pipeline") {
    wanted.pipeline = value;
  } else if (name == "storageEngine") {
    check_engine_options(value, name);
    wanted.engine = value;
  } else if (name == "indexOptionDefaults") {
    check_index_defaults(value);
    wanted.index_defaults = value;
  } else if (name == "timeseries") {
    wanted.time_series = value;
  } else if (name == "clusteredIndex") {
    wanted.clustered = value;
  } else if (name == "expireAfterSeconds") {
    wanted.expire = value;
  } else if (name == "encryptedFields") {
    raise(ErrorCode::InvalidOptions, "encrypted collections are not supported by this server");
  } else {
    raise(ErrorCode::Location40415, "BSON field 'create.{}' is an unknown field", name);
  }
}

bool truth(bson::ValueView value, std::string_view name) {
  if (value.type() == Type::Bool) return value.as_bool();
  if (value.is_number()) return value.truthy();
  raise(ErrorCode::TypeMismatch, "expected bool in '{}', found {}", name,
        bson::type_alias(value.type()));
}

void check_id_index(bson::ValueView value) {
  require_type(value, Type::Document, "idIndex");
  const bson::ValueView key = value.as_document()["key"];
  const bool is_id = key.is_document() && key.as_document().count() == 1 &&
                     key.as_document().begin()->name() == "_id" &&
                     key.as_document().begin()->is_number() &&
                     key.as_document().begin()->number_as_double() == 1;
  if (!is_id) raise(ErrorCode::BadValue, "the field 'key' of 'idIndex' must be {{_id: 1}}");
}

void add_capped(bson::Builder& out, const Wanted& wanted) {
  const bool capped = wanted.capped && truth(wanted.capped, "capped");
  if (!capped) {
    if (wanted.size || wanted.max) {
      raise(ErrorCode::InvalidOptions, "'capped' must be true when 'size' or 'max' is given");
    }
    return;
  }
  if (!wanted.size) raise(ErrorCode::InvalidOptions, "a capped collection needs 'size'");
  const std::int64_t size = parse_count_option(wanted.size, "size");
  if (size > kCappedBytesMax) raise(ErrorCode::BadValue, "'size' cannot exceed 1 PB");
  out.add("capped", true);
  add_number(out, "size", rounded_capped_size(size));
  if (!wanted.max) return;
  const std::int64_t documents = parse_count_option(wanted.max, "max");
  if (documents > kCappedDocumentsMax) raise(ErrorCode::BadValue, "'max' must be below 2^31");
  add_number(out, "max", documents);
}

std::unique_ptr<query::Collation> collation_of(bson::ValueView value) {
  if (!value) return nullptr;
  require_type(value, Type::Document, "collation");
  if (value.as_document().empty()) {
    raise(ErrorCode::BadValue, "'collation' cannot be an empty document");
  }
  return query::parse_collation(value.as_document());
}

void check_view(const Wanted& wanted) {
  require_type(wanted.view_on, Type::String, "viewOn");
  if (wanted.view_on.as_string().empty()) {
    raise(ErrorCode::BadValue, "'viewOn' cannot be empty");
  }
  if (wanted.pipeline) require_type(wanted.pipeline, Type::Array, "pipeline");
  if (wanted.capped || wanted.size || wanted.max || wanted.validator || wanted.level ||
      wanted.action || wanted.id_index || wanted.images || wanted.history || wanted.auto_index_id ||
      wanted.clustered || wanted.expire || wanted.time_series) {
    raise(ErrorCode::InvalidOptions, "a view takes no options besides 'pipeline' and 'collation'");
  }
}

// A collection of one of the special kinds is none of the others.
void check_kind(const Wanted& wanted) {
  const bool capped = wanted.capped && truth(wanted.capped, "capped");
  if (wanted.time_series &&
      (capped || wanted.clustered || wanted.validator || wanted.id_index || wanted.images)) {
    raise(ErrorCode::InvalidOptions,
          "'timeseries' goes with none of capped, clusteredIndex, validator, idIndex, "
          "changeStreamPreAndPostImages");
  }
  if (wanted.clustered && (capped || wanted.id_index)) {
    raise(ErrorCode::InvalidOptions, "'clusteredIndex' goes with neither 'capped' nor 'idIndex'");
  }
  if (wanted.expire && !wanted.clustered && !wanted.time_series) {
    raise(ErrorCode::InvalidOptions,
          "'expireAfterSeconds' of a collection needs 'timeseries' or 'clusteredIndex'");
  }
}

std::string view_options(const Wanted& wanted, const query::Collation* collation) {
  check_view(wanted);
  bson::Builder out;
  if (collation != nullptr) out.add("collation", collation->spec());
  out.add("viewOn", wanted.view_on.as_string());
  if (wanted.pipeline) {
    out.add("pipeline", wanted.pipeline);
  } else {
    out.open_array("pipeline").close();
  }
  return out.take();
}

}  // namespace

void check_engine_options(bson::ValueView value, std::string_view name) {
  require_type(value, Type::Document, name);
  for (const bson::Element& engine : value.as_document()) {
    require_type(engine, Type::Document, engine.name());
    if (engine.as_document().empty()) continue;
    raise(ErrorCode::BadValue, "'{}.{}' has settings of an engine that this server does not have",
          name, engine.name());
  }
}

void require_type(bson::ValueView value, bson::Type expected, std::string_view field) {
  if (value.type() == expected) return;
  raise(ErrorCode::TypeMismatch, "expected {} in '{}', found {}", bson::type_alias(expected), field,
        bson::type_alias(value.type()));
}

std::int64_t parse_count_option(bson::ValueView value, std::string_view name) {
  if (!value.is_number()) {
    raise(ErrorCode::TypeMismatch, "expected a number in '{}', found {}", name,
          bson::type_alias(value.type()));
  }
  const std::int64_t count = value.number_as_int64();
  if (count < 0) raise(location(51024), "'{}' must be at least 0, found {}", name, count);
  return count;
}

std::int64_t rounded_capped_size(std::int64_t bytes) {
  if (bytes > kCappedBytesMax) return bytes;
  return (bytes + kCappedUnit - 1) / kCappedUnit * kCappedUnit;
}

namespace {

// What needs an index of its own, or JavaScript, can check no single document.
void refuse_in_validator(bson::View filter) {
  constexpr std::string_view kRefused[] = {"$text", "$where", "$near", "$nearSphere", "$geoNear"};
  for (const bson::Element& field : filter) {
    if (std::find(std::begin(kRefused), std::end(kRefused), field.name()) != std::end(kRefused)) {
      raise(ErrorCode::BadValue, "{} is not allowed in this context", field.name());
    }
    if (field.is_document() || field.is_array()) refuse_in_validator(field.as_document());
  }
}

}  // namespace

void check_validator(const model::Namespace& ns, bson::ValueView validator,
                     const query::Collation* collation) {
  require_type(validator, Type::Document, "validator");
  if (validator.as_document().empty()) return;
  if (ns.is_system() || ns.is_internal_database()) {
    raise(ErrorCode::InvalidOptions, "document validators are not allowed on {}", ns.full());
  }
  refuse_in_validator(validator.as_document());
  query::QueryContext context;
  context.collation = collation;
  query::Matcher(validator.as_document(), context);
}

void check_validation_level(bson::ValueView level) {
  require_type(level, Type::String, "validationLevel");
  const std::string_view text = level.as_string();
  if (text == "off" || text == "strict" || text == "moderate") return;
  raise(ErrorCode::BadValue, "'validationLevel' is off, strict or moderate, found '{}'", text);
}

void check_validation_action(bson::ValueView action) {
  require_type(action, Type::String, "validationAction");
  const std::string_view text = action.as_string();
  if (text == "error" || text == "warn") return;
  raise(ErrorCode::BadValue, "'validationAction' is error or warn, found '{}'", text);
}

bool parse_images_option(bson::ValueView option) {
  require_type(option, Type::Document, "changeStreamPreAndPostImages");
  bson::ValueView enabled;
  for (const bson::Element& field : option.as_document()) {
    if (field.name() != "enabled") {
      raise(ErrorCode::Location40415,
            "BSON field 'changeStreamPreAndPostImages.{}' is an unknown field", field.name());
    }
    enabled = field.value();
  }
  if (!enabled) {
    raise(location(40414), "BSON field 'changeStreamPreAndPostImages.enabled' is missing");
  }
  return truth(enabled, "changeStreamPreAndPostImages.enabled");
}

void check_history_option(bson::ValueView option) {
  require_type(option, Type::Document, "freshetHistory");
  for (const bson::Element& field : option.as_document()) {
    if (field.name() != "minSeconds" && field.name() != "imageSeconds") {
      raise(ErrorCode::Location40415, "BSON field 'freshetHistory.{}' is an unknown field",
            field.name());
    }
    if (!field.is_number()) require_type(field, Type::Int64, field.name());
    if (field.number_as_int64() < 1 || field.number_as_int64() > kHistorySecondsMax) {
      raise(ErrorCode::BadValue, "'freshetHistory.{}' must lie between 1 and {}", field.name(),
            kHistorySecondsMax);
    }
  }
}

std::string parse_create_options(const model::Namespace& ns, bson::View options) {
  Wanted wanted;
  for (const bson::Element& field : options)
    take_option(wanted, field);
  const auto collation = collation_of(wanted.collation);
  if (wanted.view_on) return view_options(wanted, collation.get());
  if (wanted.pipeline) raise(ErrorCode::InvalidOptions, "'pipeline' needs 'viewOn'");
  check_kind(wanted);

  bson::Builder out;
  add_capped(out, wanted);
  if (wanted.auto_index_id) {
    if (!truth(wanted.auto_index_id, "autoIndexId")) {
      raise(location(50001), "collections always have an index on _id");
    }
    out.add("autoIndexId", true);
  }
  if (wanted.id_index) check_id_index(wanted.id_index);
  if (wanted.images && parse_images_option(wanted.images)) {
    out.open_document("changeStreamPreAndPostImages").add("enabled", true).close();
  }
  if (wanted.history) {
    check_history_option(wanted.history);
    if (!wanted.history.as_document().empty()) out.add("freshetHistory", wanted.history);
  }
  out.add("storageEngine", wanted.engine);
  out.add("indexOptionDefaults", wanted.index_defaults);
  if (wanted.validator) {
    check_validator(ns, wanted.validator, collation.get());
    out.add("validator", wanted.validator);
  }
  if (wanted.level) {
    check_validation_level(wanted.level);
    out.add("validationLevel", wanted.level);
  }
  if (wanted.action) {
    check_validation_action(wanted.action);
    out.add("validationAction", wanted.action);
  }
  if (collation) out.add("collation", collation->spec());
  if (wanted.clustered) {
    out.add("clusteredIndex", bson::View(parse_clustered_index(wanted.clustered)));
  }
  if (wanted.expire) out.add("expireAfterSeconds", parse_expire_after_seconds(wanted.expire));
  if (wanted.time_series) out.add("timeseries", bson::View(parse_time_series(wanted.time_series)));
  return out.take();
}

std::string change_options(bson::View base, bson::View changes) {
  bson::Builder out;
  for (const std::string_view name : kOptionOrder) {
    const bson::Element changed = changes[name];
    if (changed.type() == Type::Null) continue;
    out.add(changed ? changed : base[name]);
  }
  return out.take();
}

namespace {

void apply_validation(CollectionDefinition& definition, bson::View options) {
  const bson::Element validator = options["validator"];
  definition.validator.clear();
  definition.validator_matcher.reset();
  if (validator && !validator.as_document().empty()) {
    definition.validator = validator.as_document().to_string();
    query::QueryContext context;
    context.collation = definition.collation.get();
    definition.validator_matcher =
        std::make_shared<const query::Matcher>(bson::View(definition.validator), context);
  }
  definition.validation_level = ValidationLevel::Strict;
  if (const bson::Element level = options["validationLevel"]) {
    if (level.as_string() == "off") definition.validation_level = ValidationLevel::Off;
    if (level.as_string() == "moderate") definition.validation_level = ValidationLevel::Moderate;
  }
  const bson::Element action = options["validationAction"];
  definition.validation_action =
      action && action.as_string() == "warn" ? ValidationAction::Warn : ValidationAction::Error;
}

void apply_history(CollectionDefinition& definition, bson::View options) {
  const bson::Element images = options["changeStreamPreAndPostImages"];
  definition.pre_images = images && images.as_document()["enabled"].truthy();
  definition.history_min_ms = 0;
  definition.image_age_ms = 0;
  const bson::Element history = options["freshetHistory"];
  if (!history) return;
  const bson::View wanted = history.as_document();
  if (wanted["minSeconds"]) {
    definition.history_min_ms = wanted["minSeconds"].number_as_int64() * 1'000;
  }
  if (wanted["imageSeconds"]) {
    definition.image_age_ms = wanted["imageSeconds"].number_as_int64() * 1'000;
  }
}

}  // namespace

void apply_options(CollectionDefinition& definition, std::string bytes) {
  definition.options = std::move(bytes);
  const bson::View options(definition.options);
  if (const bson::Element collation = options["collation"]) {
    definition.collation = query::parse_collation(collation.as_document());
  }
  if (const bson::Element view_on = options["viewOn"]) {
    definition.type = CollectionType::View;
    definition.view_on = view_on.as_string();
    definition.pipeline = options["pipeline"].as_document().to_string();
    return;
  }
  definition.capped = options["capped"].truthy();
  definition.capped_bytes = 0;
  definition.capped_documents = 0;
  if (const bson::Element size = options["size"]) definition.capped_bytes = size.number_as_int64();
  if (const bson::Element max = options["max"]) {
    definition.capped_documents = max.number_as_int64();
  }
  definition.clustered = static_cast<bool>(options["clusteredIndex"]);
  definition.expire_after_seconds.reset();
  if (const bson::Element expire = options["expireAfterSeconds"]) {
    definition.expire_after_seconds = expire.number_as_int64();
  }
  if (const bson::Element time_series = options["timeseries"]) {
    definition.type = CollectionType::TimeSeries;
    definition.time_field = time_series.as_document()["timeField"].as_string();
    if (const bson::Element meta = time_series.as_document()["metaField"]) {
      definition.meta_field = meta.as_string();
    }
  }
  apply_history(definition, options);
  apply_validation(definition, options);
}

}  // namespace freshet::catalog

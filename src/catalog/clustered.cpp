// SPDX-License-Identifier: Apache-2.0
#include "catalog/clustered.h"

#include <string_view>

#include "base/error.h"
#include "bson/builder.h"
#include "catalog/options.h"

namespace freshet::catalog {
namespace {

using bson::Type;

constexpr std::int64_t kExpireSecondsMax = INT32_MAX;
constexpr std::int64_t kIndexVersion = 2;

void check_key(const bson::Element& key) {
  require_type(key, Type::Document, "clusteredIndex.key");
  const bson::View pattern = key.as_document();
  const bool on_id = pattern.count() == 1 && (*pattern.begin()).name() == "_id" &&
                     (*pattern.begin()).is_number() && (*pattern.begin()).number_as_double() == 1;
  if (!on_id) {
    raise(ErrorCode::InvalidIndexSpecificationOption,
          "the 'key' of 'clusteredIndex' must be {{_id: 1}}");
  }
}

void check_unique(const bson::Element& unique) {
  if (!unique.is_number()) require_type(unique, Type::Bool, "clusteredIndex.unique");
  if (!unique.truthy()) {
    raise(ErrorCode::InvalidIndexSpecificationOption, "'unique' of 'clusteredIndex' must be true");
  }
}

}  // namespace

std::string parse_clustered_index(bson::ValueView option) {
  if (option.type() == Type::Bool) {
    raise(ErrorCode::TypeMismatch,
          "'clusteredIndex: true' is for time-series buckets; expected a "
          "document");
  }
  require_type(option, Type::Document, "clusteredIndex");
  const bson::View spec = option.as_document();
  std::string_view name = kIdIndexName;
  for (const bson::Element& field : spec) {
    if (field.name() == "key") {
      check_key(field);
    } else if (field.name() == "unique") {
      check_unique(field);
    } else if (field.name() == "name") {
      require_type(field, Type::String, "clusteredIndex.name");
      name = field.as_string();
    } else if (field.name() == "v") {
      if (!field.is_number() || field.number_as_int64() != kIndexVersion) {
        raise(ErrorCode::CannotCreateIndex, "'v' of 'clusteredIndex' must be {}", kIndexVersion);
      }
    } else {
      raise(ErrorCode::Location40415, "BSON field 'clusteredIndex.{}' is an unknown field",
            field.name());
    }
  }
  for (const std::string_view required : {"key", "unique"}) {
    if (spec[required]) continue;
    raise(location(40414), "BSON field 'clusteredIndex.{}' is missing but a required field",
          required);
  }
  bson::Builder out;
  out.add("v", static_cast<std::int32_t>(kIndexVersion));
  out.open_document("key").add("_id", std::int32_t{1}).close();
  out.add("name", name).add("unique", true);
  return out.take();
}

std::string clustered_index_spec(bson::View clustered_index, const query::Collation* collation) {
  bson::Builder out;
  out.add_all(clustered_index);
  if (collation != nullptr) out.add("collation", collation->spec());
  out.add("clustered", true);
  return out.take();
}

std::int64_t parse_expire_after_seconds(bson::ValueView value) {
  if (!value.is_number()) require_type(value, Type::Int64, "expireAfterSeconds");
  const std::int64_t seconds = value.number_as_int64();
  if (seconds < 0 || seconds > kExpireSecondsMax) {
    raise(ErrorCode::InvalidOptions, "'expireAfterSeconds' must lie between 0 and {}, found {}",
          kExpireSecondsMax, seconds);
  }
  return seconds;
}

}  // namespace freshet::catalog

// SPDX-License-Identifier: Apache-2.0
#include "catalog/time_series.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "bson/builder.h"
#include "catalog/index_spec.h"
#include "catalog/options.h"

namespace freshet::catalog {
namespace {

using bson::Type;

struct Granularity {
  std::string_view name;
  std::int32_t span_seconds;  ///< of a bucket, as MongoDB shows it
};

// From fine to coarse.
constexpr std::array<Granularity, 3> kGranularities = {{
    {"seconds", 3'600},
    {"minutes", 86'400},
    {"hours", 2'592'000},
}};
constexpr std::int64_t kSpanSecondsMax = 31'536'000;

const Granularity& find_granularity(bson::ValueView value) {
  require_type(value, Type::String, "timeseries.granularity");
  const auto* found =
      std::find_if(kGranularities.begin(), kGranularities.end(),
                   [&](const Granularity& known) { return known.name == value.as_string(); });
  if (found == kGranularities.end()) {
    raise(ErrorCode::BadValue, "'timeseries.granularity' is seconds, minutes or hours, found '{}'",
          value.as_string());
  }
  return *found;
}

std::int64_t read_seconds(const bson::Element& field) {
  if (!field.is_number()) require_type(field, Type::Int32, field.name());
  const std::int64_t seconds = field.number_as_int64();
  if (seconds < 1 || seconds > kSpanSecondsMax) {
    raise(ErrorCode::BadValue, "'timeseries.{}' must lie between 1 and {}", field.name(),
          kSpanSecondsMax);
  }
  return seconds;
}

/// The fields that say how MongoDB would fill its buckets; kept and shown, nothing else.
struct Buckets {
  const Granularity* granularity = nullptr;
  std::optional<std::int64_t> span;
  std::optional<std::int64_t> rounding;

  bool empty() const { return granularity == nullptr && !span && !rounding; }
};

bool take_bucket_field(Buckets& buckets, const bson::Element& field) {
  if (field.name() == "granularity") {
    buckets.granularity = &find_granularity(field);
  } else if (field.name() == "bucketMaxSpanSeconds") {
    buckets.span = read_seconds(field);
  } else if (field.name() == "bucketRoundingSeconds") {
    buckets.rounding = read_seconds(field);
  } else {
    return false;
  }
  return true;
}

void check(const Buckets& buckets) {
  if (buckets.granularity != nullptr && buckets.rounding) {
    raise(ErrorCode::InvalidOptions,
          "'timeseries' takes either 'granularity' or the bucket fields, not both");
  }
  if (buckets.granularity != nullptr && buckets.span &&
      *buckets.span != buckets.granularity->span_seconds) {
    raise(ErrorCode::InvalidOptions, "'bucketMaxSpanSeconds' does not fit the granularity '{}'",
          buckets.granularity->name);
  }
  if (buckets.granularity == nullptr && buckets.span != buckets.rounding) {
    raise(ErrorCode::InvalidOptions,
          "'bucketMaxSpanSeconds' and 'bucketRoundingSeconds' must be given together and be equal");
  }
}

void append(const Buckets& buckets, bson::Builder& out) {
  if (buckets.span && buckets.rounding) {
    out.add("bucketRoundingSeconds", static_cast<std::int32_t>(*buckets.rounding));
    out.add("bucketMaxSpanSeconds", static_cast<std::int32_t>(*buckets.span));
    return;
  }
  const Granularity& granularity =
      buckets.granularity != nullptr ? *buckets.granularity : kGranularities.front();
  out.add("granularity", granularity.name).add("bucketMaxSpanSeconds", granularity.span_seconds);
}

std::string_view read_name(const bson::Element& field) {
  require_type(field, Type::String, field.name());
  const std::string_view name = field.as_string();
  if (name.empty() || name.front() == '$' || name.find('.') != std::string_view::npos) {
    raise(ErrorCode::InvalidOptions, "'timeseries.{}' must be the name of a top-level field",
          field.name());
  }
  if (name == "_id") {
    raise(ErrorCode::InvalidOptions, "'timeseries.{}' cannot be \"_id\"", field.name());
  }
  return name;
}

std::string index_on(std::initializer_list<std::string_view> fields,
                     const query::Collation* collation) {
  bson::Builder key;
  for (const std::string_view field : fields)
    key.add(field, std::int32_t{1});
  const std::string pattern = key.take();
  bson::Builder spec;
  spec.add("key", bson::View(pattern));
  spec.add("name", generated_index_name(bson::View(pattern)));
  const std::string wanted = spec.take();
  return parse_index_spec(bson::View(wanted), collation);
}

}  // namespace

std::string parse_time_series(bson::ValueView option) {
  require_type(option, Type::Document, "timeseries");
  std::string_view time_field;
  std::string_view meta_field;
  Buckets buckets;
  for (const bson::Element& field : option.as_document()) {
    if (field.name() == "timeField") {
      time_field = read_name(field);
    } else if (field.name() == "metaField") {
      meta_field = read_name(field);
    } else if (!take_bucket_field(buckets, field)) {
      raise(ErrorCode::Location40415, "BSON field 'timeseries.{}' is an unknown field",
            field.name());
    }
  }
  if (time_field.empty()) {
    raise(location(40414), "BSON field 'timeseries.timeField' is missing but a required field");
  }
  if (meta_field == time_field) {
    raise(ErrorCode::InvalidOptions, "'metaField' cannot be the same as 'timeField'");
  }
  check(buckets);
  bson::Builder out;
  out.add("timeField", time_field);
  if (!meta_field.empty()) out.add("metaField", meta_field);
  append(buckets, out);
  return out.take();
}

std::string change_time_series(bson::View current, bson::ValueView changes) {
  require_type(changes, Type::Document, "collMod.timeseries");
  Buckets buckets;
  for (const bson::Element& field : changes.as_document()) {
    if (!take_bucket_field(buckets, field)) {
      raise(ErrorCode::Location40415, "BSON field 'collMod.timeseries.{}' is an unknown field",
            field.name());
    }
  }
  check(buckets);
  if (!buckets.empty()) {
    const std::int64_t span = buckets.granularity != nullptr ? buckets.granularity->span_seconds
                                                             : buckets.span.value_or(0);
    if (span < current["bucketMaxSpanSeconds"].number_as_int64()) {
      raise(ErrorCode::InvalidOptions,
            "a time-series collection can only be given a coarser granularity");
    }
  }
  bson::Builder out;
  for (const std::string_view name : {"timeField", "metaField"})
    out.add(name, current[name].value());
  if (!buckets.empty()) {
    append(buckets, out);
    return out.take();
  }
  for (const std::string_view name :
       {"granularity", "bucketRoundingSeconds", "bucketMaxSpanSeconds"})
    out.add(name, current[name].value());
  return out.take();
}

std::vector<std::string> time_series_indexes(const CollectionDefinition& definition) {
  std::vector<std::string> specs;
  const query::Collation* collation = definition.collation.get();
  if (!definition.meta_field.empty()) {
    specs.push_back(index_on({definition.meta_field, definition.time_field}, collation));
  }
  specs.push_back(index_on({definition.time_field}, collation));
  return specs;
}

void check_time_field(const CollectionDefinition& definition, bson::View document) {
  if (!definition.is_time_series()) return;
  if (document[definition.time_field].type() == Type::Date) return;
  raise(ErrorCode::BadValue, "'{}' must be present and contain a valid BSON UTC datetime value",
        definition.time_field);
}

}  // namespace freshet::catalog

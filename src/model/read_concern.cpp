// SPDX-License-Identifier: Apache-2.0
#include "model/read_concern.h"

#include <utility>

#include "base/error.h"

namespace freshet::model {
namespace {

constexpr std::string_view kLevel = "level";
constexpr std::string_view kAfterClusterTime = "afterClusterTime";
constexpr std::string_view kAtClusterTime = "atClusterTime";
constexpr std::string_view kProvenance = "provenance";

using Level = ReadConcern::Level;
constexpr std::pair<std::string_view, Level> kLevels[] = {
    {"local", Level::Local},       {"available", Level::Available},
    {"majority", Level::Majority}, {"linearizable", Level::Linearizable},
    {"snapshot", Level::Snapshot},
};

void expect(const bson::Element& element, bson::Type type) {
  if (element.type() == type) return;
  raise(ErrorCode::TypeMismatch, "expected {} in 'readConcern.{}', found {}",
        bson::type_alias(type), element.name(), bson::type_alias(element.type()));
}

Level parse_level(const bson::Element& element) {
  expect(element, bson::Type::String);
  for (const auto& [name, level] : kLevels) {
    if (name == element.as_string()) return level;
  }
  raise(ErrorCode::BadValue,
        "Enumeration value '{}' for field 'readConcern.level' is not a valid value",
        element.as_string());
}

ClusterTime parse_time(const bson::Element& element) {
  expect(element, bson::Type::Timestamp);
  const ClusterTime time(element.as_timestamp());
  if (time.is_zero()) {
    raise(ErrorCode::InvalidOptions, "'readConcern.{}' must not be a null timestamp",
          element.name());
  }
  return time;
}

void check(const ReadConcern& concern) {
  const Level level = concern.effective_level();
  if (concern.after_cluster_time && concern.at_cluster_time) {
    raise(ErrorCode::InvalidOptions, "afterClusterTime and atClusterTime cannot be used together");
  }
  if (concern.at_cluster_time && level != Level::Snapshot) {
    raise(ErrorCode::InvalidOptions, "atClusterTime needs readConcern level snapshot, found {}",
          to_string(level));
  }
  if (concern.after_cluster_time && (level == Level::Available || level == Level::Linearizable)) {
    raise(ErrorCode::InvalidOptions,
          "afterClusterTime needs readConcern level local, majority or snapshot, found {}",
          to_string(level));
  }
}

}  // namespace

ReadConcern ReadConcern::parse(bson::ValueView value) {
  if (value.type() != bson::Type::Document) {
    raise(ErrorCode::TypeMismatch, "expected object in 'readConcern', found {}",
          bson::type_alias(value.type()));
  }
  ReadConcern concern;
  for (const bson::Element& element : value.as_document()) {
    if (element.name() == kLevel) {
      concern.level = parse_level(element);
    } else if (element.name() == kAfterClusterTime) {
      concern.after_cluster_time = parse_time(element);
    } else if (element.name() == kAtClusterTime) {
      concern.at_cluster_time = parse_time(element);
    } else if (element.name() == kProvenance) {
      expect(element, bson::Type::String);
    } else {
      raise(ErrorCode::Location40415, "BSON field 'readConcern.{}' is an unknown field",
            element.name());
    }
  }
  check(concern);
  return concern;
}

void ReadConcern::append_to(bson::Builder& out, std::string_view name) const {
  out.open_document(name);
  if (level) out.add(kLevel, to_string(*level));
  if (after_cluster_time) out.add(kAfterClusterTime, after_cluster_time->timestamp());
  if (at_cluster_time) out.add(kAtClusterTime, at_cluster_time->timestamp());
  out.close();
}

std::string_view to_string(ReadConcern::Level level) {
  for (const auto& [name, known] : kLevels) {
    if (known == level) return name;
  }
  return "local";
}

}  // namespace freshet::model

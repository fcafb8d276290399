// SPDX-License-Identifier: Apache-2.0
#include "model/write_concern.h"

#include <limits>
#include <utility>

#include "base/error.h"

namespace freshet::model {
namespace {

constexpr std::string_view kW = "w";
constexpr std::string_view kJ = "j";
constexpr std::string_view kTimeout = "wtimeout";
constexpr std::string_view kFsync = "fsync";
constexpr std::string_view kProvenance = "provenance";
constexpr std::int64_t kNumberMax = 50;  // members a replica set may have

using Provenance = WriteConcern::Provenance;
constexpr std::pair<std::string_view, Provenance> kProvenances[] = {
    {"implicitDefault", Provenance::ImplicitDefault},
    {"clientSupplied", Provenance::ClientSupplied},
    {"customDefault", Provenance::CustomDefault},
    {"getLastErrorDefaults", Provenance::GetLastErrorDefaults},
    {"internalWriteDefault", Provenance::InternalWriteDefault},
};

bool parse_bool(const bson::Element& element) {
  if (element.type() == bson::Type::Bool || bson::is_numeric(element.type())) {
    return element.truthy();
  }
  raise(ErrorCode::TypeMismatch, "expected bool in 'writeConcern.{}', found {}", element.name(),
        bson::type_alias(element.type()));
}

void parse_w(WriteConcern& concern, const bson::Element& element) {
  if (element.type() == bson::Type::String) {
    concern.w_mode = element.as_string();
    if (concern.w_mode.empty()) {
      raise(ErrorCode::FailedToParse, "expected a number or a mode in 'writeConcern.w', found ''");
    }
    return;
  }
  if (!bson::is_numeric(element.type())) {
    raise(ErrorCode::FailedToParse, "expected a number or string in 'writeConcern.w', found {}",
          bson::type_alias(element.type()));
  }
  concern.w_mode.clear();
  concern.w_number = element.number_as_int64();
  if (concern.w_number < 0 || concern.w_number > kNumberMax) {
    raise(ErrorCode::FailedToParse, "'writeConcern.w' must be from 0 to {}, found {}", kNumberMax,
          concern.w_number);
  }
}

std::int64_t parse_timeout(const bson::Element& element) {
  if (!bson::is_numeric(element.type())) {
    raise(ErrorCode::TypeMismatch, "expected number in 'writeConcern.wtimeout', found {}",
          bson::type_alias(element.type()));
  }
  const std::int64_t ms = element.number_as_int64();
  if (ms > std::numeric_limits<std::int32_t>::max() ||
      ms < std::numeric_limits<std::int32_t>::min()) {
    raise(ErrorCode::FailedToParse, "'writeConcern.wtimeout' must be a 32-bit integer, found {}",
          ms);
  }
  return ms < 0 ? 0 : ms;
}

Provenance parse_provenance(const bson::Element& element) {
  if (element.type() != bson::Type::String) {
    raise(ErrorCode::TypeMismatch, "expected string in 'writeConcern.provenance', found {}",
          bson::type_alias(element.type()));
  }
  for (const auto& [name, provenance] : kProvenances) {
    if (name == element.as_string()) return provenance;
  }
  raise(ErrorCode::BadValue,
        "Enumeration value '{}' for field 'writeConcern.provenance' is not a valid value",
        element.as_string());
}

}  // namespace

WriteConcern WriteConcern::parse(bson::ValueView value) {
  if (value.type() != bson::Type::Document) {
    raise(ErrorCode::TypeMismatch, "expected object in 'writeConcern', found {}",
          bson::type_alias(value.type()));
  }
  WriteConcern concern;
  if (value.as_document().empty()) return concern;
  concern.provenance = Provenance::ClientSupplied;
  concern.w_mode.clear();
  concern.w_number = 1;
  bool fsync = false;
  for (const bson::Element& element : value.as_document()) {
    if (element.name() == kW) {
      parse_w(concern, element);
    } else if (element.name() == kJ) {
      concern.j = parse_bool(element);
      concern.j_given = true;
    } else if (element.name() == kFsync) {
      fsync = parse_bool(element);
    } else if (element.name() == kTimeout) {
      concern.w_timeout_ms = parse_timeout(element);
    } else if (element.name() == kProvenance) {
      concern.provenance = parse_provenance(element);
    } else {
      raise(ErrorCode::FailedToParse, "unrecognized write concern field: {}", element.name());
    }
  }
  if (fsync && concern.j) {
    raise(ErrorCode::FailedToParse, "fsync and j options cannot be used together");
  }
  if (fsync) concern.j = true;  // what it has meant since the journal exists
  return concern;
}

void WriteConcern::append_to(bson::Builder& out, std::string_view name) const {
  out.open_document(name);
  if (w_mode.empty()) {
    out.add(kW, static_cast<std::int32_t>(w_number));
  } else {
    out.add(kW, w_mode);
  }
  if (j_given) out.add(kJ, j);
  out.add(kTimeout, static_cast<std::int32_t>(w_timeout_ms));
  out.add(kProvenance, to_string(provenance));
  out.close();
}

std::string_view to_string(WriteConcern::Provenance provenance) {
  for (const auto& [name, known] : kProvenances) {
    if (known == provenance) return name;
  }
  return "implicitDefault";
}

}  // namespace freshet::model

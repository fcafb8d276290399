// SPDX-License-Identifier: Apache-2.0
#include "command/parameters.h"

#include <string>

#include "base/error.h"
#include "base/limits.h"

namespace freshet::command {
namespace {

struct Fixed {
  std::string_view name;
  void (*append)(const Parameters&, bson::Builder&);
};

// What clients ask for by name.
constexpr Fixed kFixed[] = {
    {"acceptApiVersion2",
     [](const Parameters&, bson::Builder& out) { out.add("acceptApiVersion2", false); }},
    {"authSchemaVersion",
     [](const Parameters&, bson::Builder& out) { out.add("authSchemaVersion", std::int32_t{5}); }},
    {"authenticationMechanisms",
     [](const Parameters&, bson::Builder& out) {
       out.open_array("authenticationMechanisms").close();
     }},
    {"enableTestCommands",
     [](const Parameters& parameters, bson::Builder& out) {
       out.add("enableTestCommands", parameters.test_commands());
     }},
    {"featureCompatibilityVersion",
     [](const Parameters&, bson::Builder& out) {
       out.open_document("featureCompatibilityVersion").add("version", "8.0").close();
     }},
    {"requireApiVersion",
     [](const Parameters&, bson::Builder& out) { out.add("requireApiVersion", false); }},
};

constexpr std::string_view kAllowDiskUse = "allowDiskUseByDefault";

}  // namespace

bool Parameters::append(std::string_view name, bson::Builder& out) const {
  if (name == kAllowDiskUse) {
    out.add(name, allow_disk_use_by_default());
    return true;
  }
  for (const Fixed& fixed : kFixed) {
    if (fixed.name != name) continue;
    fixed.append(*this, out);
    return true;
  }
  for (const Setting& setting : settings_) {
    if (setting.name != name) continue;
    out.add(name, setting.get());
    return true;
  }
  const LimitRow* row = find_limit(name);
  if (row == nullptr) return false;
  out.add(row->name, limits_.*row->member);
  return true;
}

void Parameters::append_all(bson::Builder& out) const {
  for (const Fixed& fixed : kFixed)
    fixed.append(*this, out);
  out.add(kAllowDiskUse, allow_disk_use_by_default());
  for (const Setting& setting : settings_)
    out.add(setting.name, setting.get());
  for (const LimitRow& row : limit_table())
    out.add(row.name, limits_.*row.member);
}

void Parameters::set(std::string_view name, bson::ValueView value, bson::Builder& reply) {
  if (name == kAllowDiskUse) {
    if (value.type() != bson::Type::Bool && !value.is_number()) {
      raise(ErrorCode::TypeMismatch, "'{}' must be a boolean, found {}", name,
            bson::type_alias(value.type()));
    }
    reply.add("was", allow_disk_use_by_default_.exchange(value.truthy()));
    return;
  }
  for (const Setting& setting : settings_) {
    if (setting.name != name) continue;
    if (!value.is_number() || value.number_as_int64() < setting.min ||
        value.number_as_int64() > setting.max) {
      raise(ErrorCode::BadValue, "expected a whole number from {} to {} for parameter {}",
            setting.min, setting.max, name);
    }
    reply.add("was", setting.get());
    setting.set(value.number_as_int64());
    return;
  }
  bson::Builder known;
  if (append(name, known)) {
    raise(ErrorCode::IllegalOperation, "not allowed to change [{}] at runtime", name);
  }
  raise(ErrorCode::InvalidOptions, "attempted to set unrecognized parameter [{}]", name);
}

}  // namespace freshet::command

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

}  // namespace

bool Parameters::append(std::string_view name, bson::Builder& out) const {
  for (const Fixed& fixed : kFixed) {
    if (fixed.name != name) continue;
    fixed.append(*this, out);
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
  for (const LimitRow& row : limit_table())
    out.add(row.name, limits_.*row.member);
}

void Parameters::set(std::string_view name, bson::ValueView) const {
  bson::Builder known;
  if (append(name, known)) {
    raise(ErrorCode::IllegalOperation, "not allowed to change [{}] at runtime", name);
  }
  raise(ErrorCode::InvalidOptions, "attempted to set unrecognized parameter [{}]", name);
}

}  // namespace freshet::command

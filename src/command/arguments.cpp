// SPDX-License-Identifier: Apache-2.0
#include "command/arguments.h"

#include <algorithm>

#include "base/error.h"

namespace freshet::command {
namespace {

constexpr std::string_view kGenericArguments[] = {
    "apiDeprecationErrors",
    "apiStrict",
    "apiVersion",
    "autocommit",
    "clientOperationKey",
    "comment",
    "help",
    "lsid",
    "maxTimeMS",
    "maxTimeMSOpOnly",
    "readConcern",
    "startTransaction",
    "stmtId",
    "txnNumber",
    "writeConcern",
};

}  // namespace

std::string Field::path() const {
  return std::string(command_) + "." + std::string(element_.name());
}

void Field::wrong_type(std::string_view expected) const {
  raise(ErrorCode::TypeMismatch, "BSON field '{}' is the wrong type '{}', expected type '{}'",
        path(), bson::type_alias(element_.type()), expected);
}

std::string_view Field::string() const {
  if (!element_.is_string()) wrong_type("string");
  return element_.as_string();
}

bson::View Field::object() const {
  if (!element_.is_document()) wrong_type("object");
  return element_.as_document();
}

bson::View Field::array() const {
  if (!element_.is_array()) wrong_type("array");
  return element_.as_document();
}

bson::View Field::array_of_objects() const {
  const bson::View out = array();
  for (const bson::Element& item : out) {
    if (item.is_document()) continue;
    raise(ErrorCode::TypeMismatch,
          "BSON field '{}.{}' is the wrong type '{}', expected type 'object'", path(), item.name(),
          bson::type_alias(item.type()));
  }
  return out;
}

bool Field::boolean() const {
  if (element_.type() == bson::Type::Bool) return element_.as_bool();
  if (element_.is_number()) return element_.truthy();
  wrong_type("bool");
}

bool Field::strict_boolean() const {
  if (element_.type() != bson::Type::Bool) wrong_type("bool");
  return element_.as_bool();
}

std::int64_t Field::integer() const {
  if (!element_.is_number()) wrong_type("long");
  return element_.number_as_int64();
}

std::int64_t Field::at_least(std::int64_t minimum) const {
  const std::int64_t value = integer();
  if (value < minimum) {
    raise(location(51024), "BSON field '{}' value must be >= {}, actual value '{}'",
          element_.name(), minimum, value);
  }
  return value;
}

// Asked for each field of each command. Most names differ in their length or their first letter, which
// is looked at faster than a half of the table is compared.
bool is_generic_argument(std::string_view name) {
  if (name.empty() || name.front() == '$') return !name.empty();
  return std::ranges::any_of(kGenericArguments, [name](std::string_view known) {
    return known.size() == name.size() && known.front() == name.front() && known == name;
  });
}

void raise_unknown_field(std::string_view command, std::string_view field) {
  raise(ErrorCode::Location40415, "BSON field '{}.{}' is an unknown field", command, field);
}

void raise_duplicate_field(std::string_view command, std::string_view field) {
  raise(location(40413), "BSON field '{}.{}' is a duplicate field", command, field);
}

void raise_missing_field(std::string_view command, std::string_view field) {
  raise(location(40414), "BSON field '{}.{}' is missing but a required field", command, field);
}

void require_fields(std::string_view command, bson::View body,
                    std::initializer_list<std::string_view> required) {
  for (const std::string_view name : required) {
    const bson::Element field = body[name];
    if (!field || Field(command, field).is_null()) raise_missing_field(command, name);
  }
}

}  // namespace freshet::command

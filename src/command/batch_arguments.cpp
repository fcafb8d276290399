// SPDX-License-Identifier: Apache-2.0
#include "command/batch_arguments.h"

#include "base/error.h"

namespace freshet::command {

std::int32_t read_stmt_id(const Field& field) {
  if (field.element().type() != bson::Type::Int32) field.wrong_type("int");
  return field.element().as_int32();
}

std::vector<std::int32_t> read_stmt_ids(const Field& field) {
  std::vector<std::int32_t> out;
  for (const bson::Element& element : field.array()) {
    if (element.type() != bson::Type::Int32) {
      raise(ErrorCode::TypeMismatch,
            "BSON field '{}.{}' is the wrong type '{}', expected type 'int'", field.path(),
            element.name(), bson::type_alias(element.type()));
    }
    out.push_back(element.as_int32());
  }
  return out;
}

bson::ValueView read_hint(const Field& field) {
  const bson::Element& element = field.element();
  if (element.is_string()) return element;
  if (!element.is_document()) {
    raise(ErrorCode::FailedToParse, "{} must be either a string or nested object", field.path());
  }
  return element.as_document().empty() ? bson::ValueView() : element.value();
}

}  // namespace freshet::command

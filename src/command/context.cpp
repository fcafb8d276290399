// SPDX-License-Identifier: Apache-2.0
#include "command/context.h"

#include "base/error.h"
#include "base/limits.h"
#include "command/command_table.h"

namespace freshet::command {

model::Namespace CommandContext::collection_namespace(ErrorCode wrong_type) const {
  const bson::Element first = *body.begin();
  if (!first.is_string()) {
    raise(wrong_type, "collection name has invalid type {}", bson::type_alias(first.type()));
  }
  model::Namespace ns{std::string(db), std::string(first.as_string())};
  if (ns.coll.empty())
    raise(ErrorCode::InvalidNamespace, "Invalid namespace specified '{}.'", ns.db);
  if (ns.coll.find('\0') != std::string::npos) {
    raise(ErrorCode::InvalidNamespace, "namespaces cannot have embedded null characters");
  }
  return ns;
}

std::vector<bson::View> CommandContext::documents(std::string_view field) const {
  const wire::DocumentSequence* sequence = message.sequence(field);
  const bson::Element element = body[field];
  if (sequence != nullptr) {
    if (element) raise(location(40413), "BSON field '{}.{}' is a duplicate field", row.name, field);
    return sequence->documents;
  }
  if (!element)
    raise(location(40414), "BSON field '{}.{}' is missing but a required field", row.name, field);
  if (!element.is_array()) {
    raise(ErrorCode::TypeMismatch,
          "BSON field '{}.{}' is the wrong type '{}', expected type 'array'", row.name, field,
          bson::type_alias(element.type()));
  }
  std::vector<bson::View> out;
  for (const bson::Element& item : element.as_document()) {
    if (!item.is_document()) {
      raise(ErrorCode::TypeMismatch,
            "BSON field '{}.{}.{}' is the wrong type '{}', expected type 'object'", row.name, field,
            item.name(), bson::type_alias(item.type()));
    }
    out.push_back(item.as_document());
  }
  return out;
}

}  // namespace freshet::command

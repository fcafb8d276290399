// SPDX-License-Identifier: Apache-2.0
// type, bsonType, enum, encrypt.
#include "base/error.h"
#include "query/match_node.h"
#include "query/schema/rules.h"

namespace freshet::query {
namespace {

constexpr std::uint8_t kEncryptedSubtype = 6;

/// The type names of JSON Schema; its "integer" MongoDB does not take.
constexpr std::string_view kJsonTypes[] = {"array",  "boolean", "null",
                                           "number", "object",  "string"};

void add_json_type(TypeSet& types, std::string_view name) {
  if (name == "integer") {
    raise(ErrorCode::FailedToParse, "$jsonSchema type 'integer' is not currently supported");
  }
  for (const std::string_view known : kJsonTypes) {
    if (known != name) continue;
    return add_type_alias(types, name == "boolean" ? "bool" : name);
  }
  raise(ErrorCode::BadValue, "Unknown type name alias: {}", name);
}

class TypeRule final : public SchemaRule {
 public:
  TypeRule(bson::Element spec, void (*add)(TypeSet&, std::string_view)) : SchemaRule(spec) {
    if (spec.is_string()) {
      add(types_, spec.as_string());
      return;
    }
    if (!spec.is_array()) {
      raise(ErrorCode::TypeMismatch,
            "$jsonSchema keyword '{}' must be either a string or an array of strings", spec.name());
    }
    for (const std::string& name : string_list(spec))
      add(types_, name);
  }
  bool holds(bson::ValueView value) const override { return types_.has(value.type()); }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_reason(out, "type did not match", value);
    out.add("consideredType", bson::type_alias(value.type()));
  }

 private:
  TypeSet types_;
};

class EnumRule final : public SchemaRule {
 public:
  explicit EnumRule(bson::Element spec) : SchemaRule(spec) {
    require_schema_type(spec, bson::Type::Array);
    if (spec.as_document().empty())
      raise(ErrorCode::FailedToParse, "$jsonSchema keyword 'enum' cannot be an empty array");
    std::vector<bson::ValueView> seen;
    for (const bson::Element& element : spec.as_document()) {
      for (const bson::ValueView other : seen) {
        if (equal_in_any_order(element, other))
          raise(ErrorCode::FailedToParse,
                "$jsonSchema keyword 'enum' array cannot contain duplicate values");
      }
      seen.push_back(element);
    }
  }
  bool holds(bson::ValueView value) const override {
    for (const bson::Element& allowed : argument().as_document()) {
      if (equal_in_any_order(value, allowed)) return true;
    }
    return false;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_reason(out, "value was not found in enum", value);
  }
};

/// Whoever writes here must have encrypted; with which algorithm is between clients.
class EncryptRule final : public SchemaRule {
 public:
  explicit EncryptRule(bson::Element spec) : SchemaRule(spec) {
    require_schema_type(spec, bson::Type::Document);
  }
  bool holds(bson::ValueView value) const override {
    return value.type() == bson::Type::Binary && value.as_binary().subtype == kEncryptedSubtype;
  }
  void describe(bson::ValueView, bson::Builder& out) const override {
    out.add("reason", "value was not encrypted");
  }
};

}  // namespace

SchemaRulePtr parse_schema_type(const SchemaKeyword& keyword) {
  return std::make_unique<TypeRule>(keyword.spec, add_json_type);
}

SchemaRulePtr parse_schema_bson_type(const SchemaKeyword& keyword) {
  return std::make_unique<TypeRule>(keyword.spec, add_type_alias);
}

SchemaRulePtr parse_schema_enum(const SchemaKeyword& keyword) {
  return std::make_unique<EnumRule>(keyword.spec);
}

SchemaRulePtr parse_schema_encrypt(const SchemaKeyword& keyword) {
  return std::make_unique<EncryptRule>(keyword.spec);
}

}  // namespace freshet::query

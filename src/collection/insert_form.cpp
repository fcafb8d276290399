// SPDX-License-Identifier: Apache-2.0
#include "collection/insert_form.h"

#include <string_view>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/validate.h"

namespace freshet::collection {
namespace {

using bson::Type;

// A level of nesting takes at least a type byte, a name's end, a length and an end.
constexpr std::size_t kLevelBytesMin = 7;

bool is_null_timestamp(const bson::Element& field) {
  return field.type() == Type::Timestamp && field.as_timestamp().value() == 0 &&
         field.name() != "_id";
}

bool keeps_its_form(bson::View document) {
  if (document.empty() || document.begin()->name() != "_id") return false;
  for (const bson::Element& field : document) {
    if (is_null_timestamp(field)) return false;
  }
  return true;
}

void check_size(std::size_t bytes) {
  if (bytes <= kDocumentBytesMax) return;
  raise(ErrorCode::BSONObjectTooLarge,
        "object to insert too large. size in bytes: {}, max size: {}", bytes, kDocumentBytesMax);
}

void check_depth(bson::View document) {
  if (document.size_bytes() < kLevelBytesMin * kDocumentDepthMax) return;
  const bson::ValidateOptions options{.depth_max = kDocumentDepthMax};
  if (bson::validate(document.bytes(), options).too_deep) {
    raise(ErrorCode::Overflow, "document is nested deeper than {} levels", kDocumentDepthMax);
  }
}

// Names that begin with a dollar sign mean nothing but operators and references in an _id.
void check_id_names(bson::View id) {
  for (const bson::Element& field : id) {
    const std::string_view name = field.name();
    const bool reference = name == "$ref" || name == "$id" || name == "$db";
    if (!name.empty() && name[0] == '$' && !reference) {
      raise(ErrorCode::DollarPrefixedFieldName,
            "the field name '{}' in _id cannot begin with a dollar sign", name);
    }
    if (field.is_document() || field.is_array()) check_id_names(field.as_document());
  }
}

}  // namespace

void check_id(bson::ValueView id) {
  if (id.is_array() || id.type() == Type::Regex || id.type() == Type::Undefined) {
    raise(ErrorCode::InvalidIdField, "can't use a value of type {} as _id",
          bson::type_alias(id.type()));
  }
  if (id.is_document()) check_id_names(id.as_document());
}

std::string prepare_insert(bson::View document, bson::ObjectIdSource& object_ids,
                           bson::Timestamp now) {
  check_size(document.size_bytes());
  check_depth(document);
  const bson::Element id = document["_id"];
  if (id) check_id(id);
  if (keeps_its_form(document)) return document.to_string();
  std::string bytes;
  bytes.reserve(document.size_bytes() + 24);
  bson::Builder out(bytes);
  if (id) {
    out.add(id);
  } else {
    out.add_object_id("_id", object_ids.next());
  }
  bool id_written = false;
  for (const bson::Element& field : document) {
    if (field.name() == "_id" && !id_written && id) {
      id_written = true;
    } else if (is_null_timestamp(field)) {
      out.add(field.name(), now);
    } else {
      out.add(field);
    }
  }
  out.finish();
  check_size(bytes.size());
  return bytes;
}

}  // namespace freshet::collection

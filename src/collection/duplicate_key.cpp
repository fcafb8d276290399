// SPDX-License-Identifier: Apache-2.0
// How a duplicate key is told to the client.
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "bson/builder.h"
#include "bson/json.h"
#include "collection/writer.h"

namespace freshet::collection {
namespace {

std::string value_text(bson::ValueView value) {
  if (value.type() == bson::Type::ObjectId) {
    return "ObjectId('" + to_hex(value.as_object_id()) + "')";
  }
  return bson::to_json(value);
}

}  // namespace

std::string duplicate_key_message(const catalog::CollectionDefinition& collection,
                                  const DuplicateKey& duplicate) {
  std::string text = "E11000 duplicate key error collection: " + collection.full_name +
                     " index: " + duplicate.index + " dup key: {";
  const char* separator = " ";
  for (const bson::Element& field : bson::View(duplicate.key_value)) {
    text += separator;
    text += field.name();
    text += ": ";
    text += value_text(field);
    separator = ", ";
  }
  return text + " }";
}

std::string duplicate_key_info(const DuplicateKey& duplicate) {
  bson::Builder info;
  info.add("keyPattern", bson::View(duplicate.key_pattern));
  info.add("keyValue", bson::View(duplicate.key_value));
  if (!duplicate.collation.empty()) info.add("collation", bson::View(duplicate.collation));
  return info.take();
}

Error duplicate_key_error(const catalog::CollectionDefinition& collection,
                          const DuplicateKey& duplicate) {
  return Error(ErrorCode::DuplicateKey, duplicate_key_message(collection, duplicate))
      .with_extra(duplicate_key_info(duplicate));
}

void raise_duplicate_key(const catalog::CollectionDefinition& collection,
                         const DuplicateKey& duplicate) {
  throw duplicate_key_error(collection, duplicate);
}

}  // namespace freshet::collection

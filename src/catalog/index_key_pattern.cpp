// SPDX-License-Identifier: Apache-2.0
#include "catalog/index_key_pattern.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "bson/type.h"
#include "catalog/index_kind.h"

namespace freshet::catalog {
namespace {

void check_path(std::string_view path) {
  if (path.empty()) cannot_create_index("index keys cannot be an empty field");
  if (path == "$**") return;
  if (is_wildcard_path(path)) path.remove_suffix(4);
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t dot = std::min(path.find('.', start), path.size());
    const std::string_view part = path.substr(start, dot - start);
    if (part.empty()) cannot_create_index("index keys cannot contain an empty field");
    const bool reference = part == "$id" || part == "$db" || part == "$ref";
    if (part[0] == '$' && !reference) {
      cannot_create_index("index key contains a field name that begins with $");
    }
    start = dot + 1;
  }
}

bool is_known_elsewhere(std::string_view plugin) {
  for (const std::string_view name : {"columnstore", "queryable_encrypted_range"}) {
    if (plugin == name) return true;
  }
  return false;
}

IndexPart::Kind kind_of_plugin(const bson::Element& field) {
  const std::string_view plugin = field.as_string();
  if (const IndexKindRow* row = find_index_plugin(plugin)) {
    const bool all_text = row->kind == IndexKind::Text && field.name() == "$**";
    if (is_wildcard_path(field.name()) && !all_text) {
      cannot_create_index(fmt::format("index type '{}' does not go with '$**'", plugin));
    }
    return row->part;
  }
  if (is_known_elsewhere(plugin)) {
    cannot_create_index(fmt::format("index type '{}' is not supported by this server", plugin));
  }
  cannot_create_index(fmt::format("unknown index plugin '{}'", plugin));
}

IndexPart::Kind part_kind(const bson::Element& field) {
  if (field.is_string() && !field.as_string().empty()) return kind_of_plugin(field);
  if (!field.is_number() && !field.is_string()) {
    cannot_create_index(
        fmt::format("values in an index key pattern are numbers or strings, '{}' has {}",
                    field.name(), bson::type_alias(field.type())));
  }
  const double direction = field.is_number() ? field.number_as_double() : 1;
  if (direction == 0 || std::isnan(direction)) {
    cannot_create_index("values in an index key pattern cannot be 0 or NaN");
  }
  if (is_wildcard_path(field.name())) {
    if (direction < 0) cannot_create_index("the value of '$**' in a key pattern must be positive");
    return IndexPart::Kind::Wildcard;
  }
  return direction < 0 ? IndexPart::Kind::Descending : IndexPart::Kind::Ascending;
}

std::string path_of(const bson::Element& field) {
  std::string_view path = field.name();
  if (is_wildcard_path(path)) path.remove_suffix(path == "$**" ? 3 : 4);
  return std::string(path);
}

}  // namespace

std::vector<IndexPart> parse_key_pattern(bson::View key) {
  std::vector<IndexPart> parts;
  for (const bson::Element& field : key) {
    check_path(field.name());
    IndexPart part{path_of(field), part_kind(field)};
    for (const IndexPart& other : parts) {
      if (other.path == part.path) {
        cannot_create_index("an index key pattern cannot name a field twice");
      }
    }
    parts.push_back(std::move(part));
  }
  if (parts.empty()) cannot_create_index("index keys cannot be empty");
  if (parts.size() > kIndexFieldsMax) {
    raise(location(13103), "an index has at most {} fields", kIndexFieldsMax);
  }
  return parts;
}

}  // namespace freshet::catalog

// SPDX-License-Identifier: Apache-2.0
#include "catalog/wildcard_paths.h"

#include <algorithm>

#include "base/error.h"
#include "query/path.h"

namespace freshet::catalog {

WildcardPaths::WildcardPaths(std::string_view root, bson::View projection) : root_(root) {
  for (const bson::Element& field : projection)
    add(std::string(field.name()), field);
}

void WildcardPaths::add(const std::string& path, bson::ValueView value) {
  query::check_field_path(path);
  if (value.is_document() && !value.as_document().empty()) {
    for (const bson::Element& field : value.as_document()) {
      if (field.name().starts_with('$')) {
        raise(ErrorCode::FailedToParse,
              "'wildcardProjection' takes and leaves out fields only, found {}", field.name());
      }
      add(path + "." + std::string(field.name()), field);
    }
    return;
  }
  if (!value.is_number() && value.type() != bson::Type::Bool) {
    raise(ErrorCode::FailedToParse,
          "'wildcardProjection' takes and leaves out fields only, '{}' has {}", path,
          bson::type_alias(value.type()));
  }
  if (path == "_id") {
    with_id_ = value.truthy();
    return;
  }
  const bool excludes = !value.truthy();
  if (decided_ && excludes != excludes_) {
    raise(location(excludes ? 31254 : 31253), "cannot do {} on field {} in {} projection",
          excludes ? "exclusion" : "inclusion", path, excludes ? "inclusion" : "exclusion");
  }
  decided_ = true;
  excludes_ = excludes;
  paths_.push_back(path);
}

bool WildcardPaths::listed(std::string_view path) const {
  return std::any_of(paths_.begin(), paths_.end(),
                     [&](const std::string& each) { return query::is_path_prefix(each, path); });
}

bool WildcardPaths::includes(std::string_view path) const {
  if (!root_.empty()) return query::is_path_prefix(root_, path);
  if (query::is_path_prefix("_id", path)) return with_id_;
  if (paths_.empty()) return true;
  return listed(path) != excludes_;
}

bool WildcardPaths::includes_all(std::string_view path) const {
  if (!includes(path)) return false;
  if (!excludes_) return true;
  return std::none_of(paths_.begin(), paths_.end(),
                      [&](const std::string& each) { return query::is_path_prefix(path, each); });
}

bool WildcardPaths::enters(std::string_view path) const {
  if (path.empty() || includes(path)) return true;
  if (!root_.empty()) return query::is_path_prefix(path, root_);
  if (excludes_) return false;
  return std::any_of(paths_.begin(), paths_.end(),
                     [&](const std::string& each) { return query::is_path_prefix(path, each); });
}

}  // namespace freshet::catalog

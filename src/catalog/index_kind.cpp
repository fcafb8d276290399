// SPDX-License-Identifier: Apache-2.0
#include "catalog/index_kind.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/invariant.h"

namespace freshet::catalog {
namespace {

constexpr std::string_view kFlatOptions[] = {"bits", "min", "max"};
constexpr std::string_view kSphereOptions[] = {"2dsphereIndexVersion"};
constexpr std::string_view kTextOptions[] = {"weights", "default_language", "language_override",
                                             "textIndexVersion"};

/// With components of several kinds an index is of the kind that stands first here, whose check has
/// its say about the others.
constexpr IndexKindRow kKinds[] = {
    {IndexKind::Ordered, "", IndexPart::Kind::Ascending, check_ordered_index, {}},
    {IndexKind::Text, "text", IndexPart::Kind::Text, check_text_index, kTextOptions,
     normal_text_key, add_text_options},
    {IndexKind::Sphere, "2dsphere", IndexPart::Kind::Sphere, check_sphere_index, kSphereOptions,
     nullptr, add_sphere_options},
    {IndexKind::Flat, "2d", IndexPart::Kind::Flat, check_flat_index, kFlatOptions, nullptr,
     add_flat_options},
    {IndexKind::Hashed, "hashed", IndexPart::Kind::Hashed, check_hashed_index, {}},
    {IndexKind::Wildcard, "", IndexPart::Kind::Wildcard, check_wildcard_index, {}},
};

bool contains(std::span<const std::string_view> list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

bson::ValueView ParsedIndexSpec::kind_option(std::string_view name) const {
  for (const bson::Element& option : kind_options) {
    if (option.name() == name) return option;
  }
  return {};
}

bool is_kind_option(std::string_view name) {
  return std::any_of(std::begin(kKinds), std::end(kKinds),
                     [name](const IndexKindRow& row) { return contains(row.options, name); });
}

const IndexKindRow* find_index_plugin(std::string_view plugin) {
  const auto row = std::find_if(
      std::begin(kKinds), std::end(kKinds),
      [&](const IndexKindRow& each) { return !each.plugin.empty() && each.plugin == plugin; });
  return row == std::end(kKinds) ? nullptr : row;
}

const IndexKindRow& row_of(IndexKind kind) {
  const auto row = std::find_if(std::begin(kKinds), std::end(kKinds),
                                [kind](const IndexKindRow& each) { return each.kind == kind; });
  invariant(row != std::end(kKinds), "every kind of index has a row");
  return *row;
}

IndexKind kind_of(const std::vector<IndexPart>& parts) {
  for (const IndexKindRow& row : kKinds) {
    if (row.kind == IndexKind::Ordered) continue;
    if (std::any_of(parts.begin(), parts.end(),
                    [&](const IndexPart& part) { return part.kind == row.part; })) {
      return row.kind;
    }
  }
  return IndexKind::Ordered;
}

void cannot_create_index(const std::string& why) {
  raise(ErrorCode::CannotCreateIndex, "{}", why);
}

void refuse_unique_and_expiring(const ParsedIndexSpec& spec, std::string_view name) {
  const char* option = spec.unique           ? "unique"
                       : spec.prepare_unique ? "prepareUnique"
                       : spec.expires        ? "expireAfterSeconds"
                                             : nullptr;
  if (option == nullptr) return;
  raise(ErrorCode::CannotCreateIndex, "{} indexes do not support the option '{}'", name, option);
}

bool is_wildcard_path(std::string_view path) {
  return path == "$**" || path.ends_with(".$**");
}

void check_ordered_index(const ParsedIndexSpec& spec) {
  if (spec.wildcard_projection) {
    raise(ErrorCode::BadValue, "'wildcardProjection' is an option of indexes on '$**' only");
  }
  if (spec.expires && spec.parts.size() > 1) {
    cannot_create_index(
        "TTL indexes have one field, compound indexes do not support 'expireAfterSeconds'");
  }
}

}  // namespace freshet::catalog

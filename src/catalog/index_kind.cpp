// SPDX-License-Identifier: Apache-2.0
#include "catalog/index_kind.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/invariant.h"

namespace freshet::catalog {
namespace {

constexpr IndexKindRow kKinds[] = {
    {IndexKind::Ordered, "", IndexPart::Kind::Ascending, check_ordered_index},
    {IndexKind::Hashed, "hashed", IndexPart::Kind::Hashed, check_hashed_index},
    {IndexKind::Wildcard, "", IndexPart::Kind::Wildcard, check_wildcard_index},
};

}  // namespace

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

// SPDX-License-Identifier: Apache-2.0
// Wildcard indexes: {"$**": 1}, {"a.$**": 1}, and compound ones with one such component.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "catalog/index_kind.h"
#include "catalog/wildcard_paths.h"

namespace freshet::catalog {
namespace {

void check_options(const ParsedIndexSpec& spec) {
  const char* option = spec.unique    ? "unique"
                       : spec.sparse  ? "sparse"
                       : spec.expires ? "expireAfterSeconds"
                                      : nullptr;
  if (option != nullptr) {
    cannot_create_index(fmt::format("wildcard indexes do not support the option '{}'", option));
  }
  if (spec.version < 2) cannot_create_index("wildcard indexes need index version 2");
}

// A field must not stand in the index twice, by its name and through the wildcard.
void check_overlap(const ParsedIndexSpec& spec, const WildcardPaths& paths) {
  for (const IndexPart& part : spec.parts) {
    if (part.kind == IndexPart::Kind::Wildcard) continue;
    if (part.kind == IndexPart::Kind::Hashed) {
      cannot_create_index("wildcard indexes cannot have a hashed field");
    }
    if (paths.includes(part.path) || paths.enters(part.path)) {
      cannot_create_index(fmt::format(
          "the field '{}' of a compound wildcard index must be left out of the wildcard",
          part.path));
    }
  }
}

}  // namespace

void check_wildcard_index(const ParsedIndexSpec& spec) {
  const auto is_wildcard = [](const IndexPart& part) {
    return part.kind == IndexPart::Kind::Wildcard;
  };
  if (std::count_if(spec.parts.begin(), spec.parts.end(), is_wildcard) > 1) {
    cannot_create_index("an index has at most one wildcard field");
  }
  check_options(spec);
  const auto wildcard = std::find_if(spec.parts.begin(), spec.parts.end(), is_wildcard);
  const bson::ValueView projection = spec.wildcard_projection;
  if (projection && !wildcard->path.empty()) {
    raise(ErrorCode::FailedToParse, "'wildcardProjection' needs the field '$**', not a path below");
  }
  if (projection && projection.as_document().empty()) {
    raise(ErrorCode::FailedToParse, "'wildcardProjection' cannot be empty");
  }
  const WildcardPaths paths(wildcard->path, projection ? projection.as_document() : bson::View());
  if (spec.parts.size() == 1) return;
  if (wildcard->path.empty() && !projection) {
    cannot_create_index("a compound index on '$**' needs a 'wildcardProjection'");
  }
  check_overlap(spec, paths);
}

}  // namespace freshet::catalog

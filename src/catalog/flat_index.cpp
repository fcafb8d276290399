// SPDX-License-Identifier: Apache-2.0
// 2d indexes: {place: "2d"}, with ordinary components behind.
#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "catalog/index_kind.h"

namespace freshet::catalog {
namespace {

bool is_flat(const IndexPart& part) {
  return part.kind == IndexPart::Kind::Flat;
}

double number_from(bson::ValueView value, std::string_view name, double otherwise) {
  if (value.missing()) return otherwise;
  if (!value.is_number()) {
    raise(ErrorCode::TypeMismatch, "expected a number in '{}', found {}", name,
          bson::type_alias(value.type()));
  }
  return value.number_as_double();
}

void check_grid(const ParsedIndexSpec& spec) {
  using query::FlatGrid;
  const double bits = number_from(spec.kind_option("bits"), "bits", FlatGrid::kBitsDefault);
  if (!(bits >= 1 && bits <= FlatGrid::kBitsMax)) {
    raise(ErrorCode::InvalidOptions, "the bits of a 2d index are 1 to {}, not {}",
          FlatGrid::kBitsMax, bits);
  }
  const double min = number_from(spec.kind_option("min"), "min", FlatGrid::kMinDefault);
  const double max = number_from(spec.kind_option("max"), "max", FlatGrid::kMaxDefault);
  if (!(min < max) || !std::isfinite(max - min)) {
    raise(ErrorCode::InvalidOptions, "a 2d index has no room between {} and {}", min, max);
  }
}

}  // namespace

void check_flat_index(const ParsedIndexSpec& spec) {
  refuse_unique_and_expiring(spec, "2d");
  if (spec.collation != nullptr) {
    cannot_create_index("a 2d index has the simple collation: say so, if the collection has none");
  }
  if (std::count_if(spec.parts.begin(), spec.parts.end(), is_flat) > 1) {
    raise(location(16800), "can't have 2 geo fields");
  }
  if (!is_flat(spec.parts.front())) raise(location(16801), "2d has to be first in index");
  for (const IndexPart& part : spec.parts) {
    const bool ordinary = part.kind == IndexPart::Kind::Ascending || part.descending();
    if (!ordinary && !is_flat(part)) {
      cannot_create_index("a 2d index has ordinary components besides");
    }
  }
  check_grid(spec);
  check_ordered_index(spec);
}

void add_flat_options(const ParsedIndexSpec& spec, bson::Builder& out) {
  for (const std::string_view name : {"bits", "min", "max"}) {
    if (const bson::ValueView given = spec.kind_option(name)) out.add(name, given);
  }
}

query::FlatGrid flat_grid(bson::View spec) {
  using query::FlatGrid;
  return {number_from(spec["min"], "min", FlatGrid::kMinDefault),
          number_from(spec["max"], "max", FlatGrid::kMaxDefault),
          static_cast<int>(number_from(spec["bits"], "bits", FlatGrid::kBitsDefault))};
}

}  // namespace freshet::catalog

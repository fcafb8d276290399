// SPDX-License-Identifier: Apache-2.0
// 2dsphere indexes: {place: "2dsphere"}, with ordinary components before and behind.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/index_kind.h"

namespace freshet::catalog {
namespace {

constexpr std::int32_t kSphereIndexVersion = 3;

}  // namespace

void check_sphere_index(const ParsedIndexSpec& spec) {
  refuse_unique_and_expiring(spec, "2dsphere");
  const auto count = [&spec](IndexPart::Kind kind) {
    return std::count_if(spec.parts.begin(), spec.parts.end(),
                         [kind](const IndexPart& part) { return part.kind == kind; });
  };
  if (count(IndexPart::Kind::Sphere) > 1) {
    cannot_create_index("this server makes 2dsphere indexes of one place only");
  }
  const bool others = count(IndexPart::Kind::Hashed) > 0 || count(IndexPart::Kind::Wildcard) > 0 ||
                      count(IndexPart::Kind::Text) > 0 || count(IndexPart::Kind::Flat) > 0;
  if (others) cannot_create_index("a 2dsphere index has ordinary components besides");
  const bson::ValueView version = spec.kind_option("2dsphereIndexVersion");
  if (version && (!version.is_number() || version.number_as_double() != kSphereIndexVersion)) {
    cannot_create_index(
        fmt::format("this server makes 2dsphere indexes of version {} only", kSphereIndexVersion));
  }
  check_ordered_index(spec);
}

void add_sphere_options(const ParsedIndexSpec&, bson::Builder& out) {
  out.add("2dsphereIndexVersion", kSphereIndexVersion);
}

}  // namespace freshet::catalog

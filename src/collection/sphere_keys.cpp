// SPDX-License-Identifier: Apache-2.0
// The keys of 2dsphere indexes: for each shape a few cells that together hold it.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "collection/key_makers.h"
#include "collection/place_keys.h"
#include "query/geo/geo_json.h"
#include "query/path.h"

namespace freshet::collection {
namespace {

using catalog::IndexDefinition;

constexpr int kShapeCellsMax = 12;

/// The cells of every shape at the path, arrays of shapes included. Throws Location16755 for what is
/// there and no shape.
std::vector<std::int64_t> cells_at(std::string_view path, bson::View document) {
  std::vector<std::int64_t> out;
  bool something = false;
  std::string wrong = "it is neither GeoJSON nor a pair of numbers";
  bool failed = false;
  query::visit_path(query::Path(path), document, query::LeafArrays::Open,
                    [&](bson::ValueView value, std::size_t) {
                      something = something || !value.nullish();
                      const auto stored = query::stored_geometry(value);
                      if (!stored) return false;
                      failed = stored->geometry == nullptr;
                      if (failed) {
                        wrong = stored->wrong;
                        return true;
                      }
                      for (const std::uint64_t cell : stored->geometry->cells(kShapeCellsMax))
                        out.push_back(query::ordered_cell(cell));
                      return false;
                    });
  if (failed || (something && out.empty())) {
    raise(location(16755), "Can't extract geo keys from '{}': {}", path, wrong);
  }
  return out;
}

}  // namespace

void make_sphere_keys(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  const std::string& path = index.parts[place_component(index)].path;
  add_place_keys(index, document, cells_at(path, document), out);
}

}  // namespace freshet::collection

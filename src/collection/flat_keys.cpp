// SPDX-License-Identifier: Apache-2.0
// The keys of 2d indexes: for each pair of coordinates the cell of the grid that it is in.
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

/// Collects the cells of what stands at the path of a 2d index. Null and values that are neither
/// documents nor arrays have no place; what looks like one and is none is refused.
class CellReader {
 public:
  explicit CellReader(const IndexDefinition& index)
      : grid_(*index.grid), path_(index.parts[place_component(index)].path) {}

  std::vector<std::int64_t> cells(bson::View document) {
    query::visit_path(query::Path(path_), document, query::LeafArrays::Whole,
                      [this](bson::ValueView value, std::size_t) {
                        read(value);
                        return false;
                      });
    return std::move(cells_);
  }

 private:
  /// A pair of coordinates, or an array of them.
  void read(bson::ValueView value) {
    const bool nests = value.is_document() || value.is_array();
    if (!nests || value.as_document().empty()) return;
    if (begins_with_number(value)) read_pair(value);
    if (value.is_document() && !begins_with_number(value))
      refuse(13654, "it is no pair of numbers");
    if (!value.is_array()) return;
    for (const bson::Element& each : value.as_document()) {
      if (begins_with_number(each)) {
        read_pair(each);
      } else if (!begins_with_number(value)) {
        refuse(13654, "it has elements that are no pairs of numbers");
      }
    }
  }

  static bool begins_with_number(bson::ValueView value) {
    const bool nests = value.is_document() || value.is_array();
    return nests && !value.as_document().empty() && value.as_document().begin()->is_number();
  }

  void read_pair(bson::ValueView value) {
    const bson::View pair = value.as_document();
    if (query::is_geo_json(value) && (pair["coordinates"] || pair["geometries"])) {
      refuse(13654, "it is GeoJSON");
    }
    auto at = pair.begin();
    if (++at == pair.end()) refuse(13068, "it has one coordinate only");
    if (!at->is_number()) refuse(13026, "coordinates are numbers");
    const query::GeoPosition place{pair.begin()->number_as_double(), at->number_as_double()};
    if (!grid_.holds(place)) {
      raise(location(13027), "point not in interval of [ {}, {} ]", grid_.min(), grid_.max());
    }
    cells_.push_back(query::ordered_cell(grid_.cell_of(place)));
  }

  [[noreturn]] void refuse(std::int32_t code, std::string_view why) const {
    raise(location(code), "Can't extract geo keys from '{}': {}", path_, why);
  }

  const query::FlatGrid& grid_;
  const std::string_view path_;
  std::vector<std::int64_t> cells_;
};

}  // namespace

void make_flat_keys(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  add_place_keys(index, document, CellReader(index).cells(document), out);
}

}  // namespace freshet::collection

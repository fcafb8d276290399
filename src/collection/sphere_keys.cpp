// SPDX-License-Identifier: Apache-2.0
// The keys of 2dsphere indexes: the values of the ordinary components, and in the place of the
// shape each cell of a few that together hold it.
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/value.h"
#include "collection/key_makers.h"
#include "collection/key_values.h"
#include "query/geo/geo_json.h"
#include "query/path.h"

namespace freshet::collection {
namespace {

using catalog::IndexDefinition;
using catalog::IndexPart;

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

class SphereSink final : public CombinationSink {
 public:
  SphereSink(const IndexDefinition& index, std::size_t geo, std::vector<std::int64_t> cells,
             IndexKeys& out)
      : index_(index), geo_(geo), cells_(std::move(cells)), out_(out) {}

  void take(const std::vector<ComponentValue>& values) override {
    for (const std::int64_t cell : cells_) {
      std::string key;
      for (std::size_t i = 0, at = 0; i < index_.parts.size(); ++i) {
        append_index_value(key, index_, i,
                           i == geo_ ? bson::Value::int64(cell).view() : values[at++].value);
      }
      out_.keys.push_back(bounded_key(std::move(key)));
    }
  }

 private:
  const IndexDefinition& index_;
  const std::size_t geo_;
  const std::vector<std::int64_t> cells_;
  IndexKeys& out_;
};

}  // namespace

std::size_t place_component(const IndexDefinition& index) {
  std::size_t i = 0;
  while (index.parts[i].kind != IndexPart::Kind::Sphere)
    ++i;
  return i;
}

void make_sphere_keys(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  const std::size_t geo = place_component(index);
  std::vector<std::int64_t> cells = cells_at(index.parts[geo].path, document);
  if (cells.empty()) return;
  SphereSink sink(index, geo, std::move(cells), out);
  std::vector<std::string_view> others;
  for (std::size_t i = 0; i < index.parts.size(); ++i) {
    if (i != geo) others.emplace_back(index.parts[i].path);
  }
  if (others.empty()) {
    sink.take({});
    return;
  }
  ArrayParts arrays = for_each_combination(others, document, sink);
  if (!arrays.empty()) arrays.insert(arrays.begin() + static_cast<std::ptrdiff_t>(geo), 0);
  out.arrays = std::move(arrays);
}

}  // namespace freshet::collection

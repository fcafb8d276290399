// SPDX-License-Identifier: Apache-2.0
#include "collection/place_keys.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "bson/value.h"
#include "collection/key_values.h"

namespace freshet::collection {
namespace {

using catalog::IndexDefinition;
using catalog::IndexPart;

class PlaceSink final : public CombinationSink {
 public:
  PlaceSink(const IndexDefinition& index, std::size_t place, std::vector<std::int64_t> cells,
            IndexKeys& out)
      : index_(index), place_(place), cells_(std::move(cells)), out_(out) {}

  void take(const std::vector<ComponentValue>& values) override {
    for (const std::int64_t cell : cells_) {
      std::string key;
      for (std::size_t i = 0, at = 0; i < index_.parts.size(); ++i) {
        append_index_value(key, index_, i,
                           i == place_ ? bson::Value::int64(cell).view() : values[at++].value);
      }
      out_.keys.push_back(bounded_key(std::move(key)));
    }
  }

 private:
  const IndexDefinition& index_;
  const std::size_t place_;
  const std::vector<std::int64_t> cells_;
  IndexKeys& out_;
};

bool is_place(const IndexPart& part) {
  return part.kind == IndexPart::Kind::Sphere || part.kind == IndexPart::Kind::Flat;
}

}  // namespace

std::size_t place_component(const IndexDefinition& index) {
  std::size_t i = 0;
  while (!is_place(index.parts[i]))
    ++i;
  return i;
}

void add_place_keys(const IndexDefinition& index, bson::View document,
                    std::vector<std::int64_t> cells, IndexKeys& out) {
  if (cells.empty()) return;
  const std::size_t place = place_component(index);
  PlaceSink sink(index, place, std::move(cells), out);
  std::vector<std::string_view> others;
  for (std::size_t i = 0; i < index.parts.size(); ++i) {
    if (i != place) others.emplace_back(index.parts[i].path);
  }
  if (others.empty()) {
    sink.take({});
    return;
  }
  ArrayParts arrays = for_each_combination(others, document, sink);
  if (!arrays.empty()) arrays.insert(arrays.begin() + static_cast<std::ptrdiff_t>(place), 0);
  out.arrays = std::move(arrays);
}

}  // namespace freshet::collection

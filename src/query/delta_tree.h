// SPDX-License-Identifier: Apache-2.0
// A delta under construction: what an update or a comparison of two documents found, before it is
// written as BSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "bson/value.h"

namespace freshet::query {

/// Changes of one document or array. The values may borrow; they have to outlive the node.
struct DeltaNode {
  struct Entry {
    std::string name;  ///< of an array: the index
    bson::Value value;
    std::unique_ptr<DeltaNode> nested;  ///< instead of a value: changes inside
  };

  bool array = false;
  std::optional<std::uint32_t> new_size;  ///< an array that was shortened
  std::vector<std::string> deleted;       ///< documents only
  std::vector<Entry> updated;   ///< document: existing fields; array: elements by rising index
  std::vector<Entry> inserted;  ///< documents only: appended in this order

  bool empty() const { return !new_size && deleted.empty() && updated.empty() && inserted.empty(); }
  void update(std::string_view name, bson::Value value) {
    updated.push_back({std::string(name), std::move(value), {}});
  }
  void insert(std::string_view name, bson::Value value) {
    inserted.push_back({std::string(name), std::move(value), {}});
  }
  /// Adds what `child` holds as the changes inside `name`; nothing when it is empty.
  void nest(std::string_view name, std::unique_ptr<DeltaNode> child);
};

/// Writes the fields of the delta document ("u", "i", …) into the open document of `out`.
void write_delta(const DeltaNode& node, bson::Builder& out);

}  // namespace freshet::query

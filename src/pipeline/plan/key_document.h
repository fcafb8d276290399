// SPDX-License-Identifier: Apache-2.0
// A document out of an index entry: the fields that the index holds, where the entry tells them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "bson/value.h"
#include "catalog/definitions.h"
#include "collection/entry_types.h"

namespace freshet::pipeline {

/// Made for one index and the paths that are read. Not thread-safe.
class KeyDocument {
 public:
  /// Whether entries of the index can tell these paths at all. Some may still not.
  static bool possible(const catalog::IndexDefinition& index,
                       const std::vector<std::string>& paths);

  /// Requires: possible(). `index` outlives it.
  KeyDocument(const catalog::IndexDefinition& index, const std::vector<std::string>& paths);

  /// The document for a filter to look at: what is missing is left out, wherever that is. Nothing
  /// when the entry does not tell a path. Valid until the next call.
  std::optional<bson::View> for_filter(std::string_view key, std::string_view types);
  /// The fields as a projection shows them, in the document's order.
  std::optional<bson::View> for_projection(std::string_view key, std::string_view types);

 private:
  /// A field: a component's value, or a document of fields.
  struct Node {
    std::string name;
    std::size_t component = 0;
    std::vector<Node> children;
  };

  static void place(std::vector<Node>& nodes, std::string_view path, std::size_t component);
  bool read(std::string_view key, const collection::EntryTypes& types);
  bool any_value(const Node& node) const;
  void write(bson::Builder& out, const Node& node) const;
  bson::View written();

  const catalog::IndexDefinition& index_;
  std::vector<bool> wanted_;  // by component
  std::size_t count_ = 0;     // components up to the last wanted one
  std::size_t ordered_ = 0;   // wanted ones besides _id
  bool dotted_ = false;
  std::vector<Node> fields_;
  std::vector<bson::Value> values_;
  std::string document_;
};

}  // namespace freshet::pipeline

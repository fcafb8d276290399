// SPDX-License-Identifier: Apache-2.0
// Writing of deltas. The grammar stands in docs/formats/oplog-entry.md.
#include "query/delta_tree.h"

#include <algorithm>

namespace freshet::query {
namespace {

void write_entries(std::string_view section, const std::vector<DeltaNode::Entry>& entries,
                   bson::Builder& out) {
  const auto is_value = [](const DeltaNode::Entry& entry) { return entry.nested == nullptr; };
  if (std::ranges::none_of(entries, is_value)) return;
  out.open_document(section);
  for (const DeltaNode::Entry& entry : entries) {
    if (is_value(entry)) out.add(entry.name, entry.value.view());
  }
  out.close();
}

void write_nested(const DeltaNode::Entry& entry, bson::Builder& out) {
  out.open_document("s" + entry.name);
  write_delta(*entry.nested, out);
  out.close();
}

void write_array(const DeltaNode& node, bson::Builder& out) {
  out.add("a", true);
  if (node.new_size) out.add("l", static_cast<std::int32_t>(*node.new_size));
  for (const DeltaNode::Entry& entry : node.updated) {
    if (entry.nested != nullptr) {
      write_nested(entry, out);
    } else {
      out.add("u" + entry.name, entry.value.view());
    }
  }
}

}  // namespace

void DeltaNode::nest(std::string_view name, std::unique_ptr<DeltaNode> child) {
  if (!child->empty()) updated.push_back({std::string(name), {}, std::move(child)});
}

void write_delta(const DeltaNode& node, bson::Builder& out) {
  if (node.array) return write_array(node, out);
  if (!node.deleted.empty()) {
    out.open_document("d");
    for (const std::string& name : node.deleted)
      out.add(name, false);
    out.close();
  }
  write_entries("u", node.updated, out);
  write_entries("i", node.inserted, out);
  for (const DeltaNode::Entry& entry : node.updated) {
    if (entry.nested != nullptr) write_nested(entry, out);
  }
}

}  // namespace freshet::query

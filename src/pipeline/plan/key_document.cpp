// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/key_document.h"

#include <algorithm>

#include "pipeline/plan/conjunct.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

using catalog::IndexPart;
using collection::EntryTypes;
using collection::ValueForm;

constexpr std::string_view kId = "_id";

/// The component that holds the path, or the number of components.
std::size_t component_of(const catalog::IndexDefinition& index, std::string_view path) {
  const auto at = std::find_if(index.parts.begin(), index.parts.end(),
                               [&](const IndexPart& part) { return part.path == path; });
  return static_cast<std::size_t>(at - index.parts.begin());
}

bool has_place(const std::string& path) {
  Conjunct conjunct;
  conjunct.path = path;
  return conjunct.has_place();
}

}  // namespace

bool KeyDocument::possible(const catalog::IndexDefinition& index,
                           const std::vector<std::string>& paths) {
  if (!index.holds_values()) return false;
  for (const std::string& path : paths) {
    const std::size_t i = component_of(index, path);
    if (i == index.parts.size() || index.parts[i].kind == IndexPart::Kind::Hashed) return false;
    if (index.multikey_part(i) || has_place(path) || path.starts_with("_id.")) return false;
    const bool within_another = std::any_of(paths.begin(), paths.end(), [&](const auto& other) {
      return other != path && query::is_path_prefix(path, other);
    });
    if (within_another) return false;
  }
  return true;
}

KeyDocument::KeyDocument(const catalog::IndexDefinition& index,
                         const std::vector<std::string>& paths)
    : index_(index), wanted_(index.parts.size()), values_(index.parts.size()) {
  for (const std::string& path : paths)
    wanted_[component_of(index, path)] = true;
  const std::size_t id = component_of(index, kId);
  if (id < wanted_.size() && wanted_[id]) place(fields_, kId, id);
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (!wanted_[i]) continue;
    count_ = i + 1;
    if (i == id) continue;
    ++ordered_;
    dotted_ = dotted_ || index.parts[i].path.find('.') != std::string::npos;
    place(fields_, index.parts[i].path, i);
  }
}

void KeyDocument::place(std::vector<Node>& nodes, std::string_view path, std::size_t component) {
  const std::size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  auto at =
      std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.name == name; });
  if (at == nodes.end()) at = nodes.insert(nodes.end(), Node{std::string(name), component, {}});
  if (dot != std::string_view::npos) place(at->children, path.substr(dot + 1), component);
}

bool KeyDocument::read(std::string_view key, const EntryTypes& types) {
  for (std::size_t i = 0; i < count_; ++i) {
    const ValueForm form = types.form(i);
    if (wanted_[i] && (form == ValueForm::FromArray || form == ValueForm::Opaque)) return false;
    values_[i] = collection::take_component(key, index_.parts[i], form);
  }
  return true;
}

bool KeyDocument::any_value(const Node& node) const {
  if (node.children.empty()) return !values_[node.component].missing();
  return std::any_of(node.children.begin(), node.children.end(),
                     [this](const Node& child) { return any_value(child); });
}

void KeyDocument::write(bson::Builder& out, const Node& node) const {
  if (!any_value(node)) return;
  if (node.children.empty()) {
    out.add(node.name, values_[node.component].view());
    return;
  }
  out.open_document(node.name);
  for (const Node& child : node.children)
    write(out, child);
  out.close();
}

bson::View KeyDocument::written() {
  bson::Builder out;
  for (const Node& field : fields_)
    write(out, field);
  document_ = out.take();
  return bson::View(document_);
}

std::optional<bson::View> KeyDocument::for_filter(std::string_view key, std::string_view types) {
  if (!read(key, EntryTypes(types))) return std::nullopt;
  return written();
}

// Where a dotted path leads nowhere the entry does not tell how far it leads.
std::optional<bson::View> KeyDocument::for_projection(std::string_view key,
                                                      std::string_view types) {
  const EntryTypes told(types);
  if (ordered_ > 1 && !told.in_order()) return std::nullopt;
  if (!read(key, told)) return std::nullopt;
  for (std::size_t i = 0; dotted_ && i < count_; ++i) {
    const bool nowhere = wanted_[i] && values_[i].missing();
    if (nowhere && index_.parts[i].path.find('.') != std::string::npos) return std::nullopt;
  }
  return written();
}

}  // namespace freshet::pipeline

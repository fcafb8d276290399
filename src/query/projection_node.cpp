// SPDX-License-Identifier: Apache-2.0
#include "query/projection_node.h"

#include <algorithm>

#include "base/error.h"

namespace freshet::query {

using Kind = ProjectionNode::Kind;

const ProjectionNode* ProjectionNode::find(std::string_view name) const {
  for (const auto& [child_name, child] : children) {
    if (child_name == name) return child.get();
  }
  return nullptr;
}

ProjectionNode& ProjectionNode::add(const Path& path, const PathCollision& collision) {
  ProjectionNode* node = this;
  for (std::size_t part = 0; part < path.size(); ++part) {
    auto* found = const_cast<ProjectionNode*>(node->find(path.part(part)));
    const bool last = part + 1 == path.size();
    if (found != nullptr && last) raise(collision.here, "path collision at '{}'", path.text());
    if (found != nullptr && found->kind != Kind::Inner) {
      raise(collision.below, "path collision at '{}', remaining portion '{}'", path.text(),
            path.rest(part + 1));
    }
    if (found == nullptr) {
      node->children.emplace_back(path.part(part), std::make_unique<ProjectionNode>());
      found = node->children.back().second.get();
    }
    node = found;
  }
  return *node;
}

/// Values that an inclusion appends behind the included fields, rather than in the old value's
/// place.
bool ProjectionRun::later(const ProjectionNode& node) const {
  return mode_ == ProjectionMode::Include &&
         (node.kind == Kind::Computed || node.kind == Kind::ElemMatch);
}

void ProjectionRun::document(const ProjectionNode& node, bson::View in, bson::Builder& out) const {
  std::vector<const ProjectionNode*> done;
  for (const bson::Element& element : in) {
    const ProjectionNode* const child = node.find(element.name());
    if (child == nullptr) {
      if (mode_ != ProjectionMode::Include) out.add(element);
    } else if (!later(*child)) {
      field(*child, element, out);
      done.push_back(child);
    }
  }
  for (const auto& [name, child] : node.children) {
    if (std::ranges::find(done, child.get()) != done.end()) continue;
    if (child->kind == Kind::ElemMatch) {
      elem_match(*child, name, in[name], out);
    } else if (child->computes) {
      create(*child, name, out);
    }
  }
}

void ProjectionRun::field(const ProjectionNode& node, const bson::Element& element,
                          bson::Builder& out) const {
  switch (node.kind) {
    case Kind::Inner:
      return inner(node, element.name(), element, out);
    case Kind::Include:
      out.add(element);
      return;
    case Kind::Exclude:
      return;
    case Kind::Computed:
      return create(node, element.name(), out);
    case Kind::Slice:
      return slice(node, element, out);
    case Kind::ElemMatch:
      return elem_match(node, element.name(), element, out);
    case Kind::Positional:
      if (!element.is_array()) {
        out.add(element);
        return;
      }
      out.open_array(element.name()).push(matched_element(element.as_document())).close();
      return;
  }
}

void ProjectionRun::inner(const ProjectionNode& node, std::string_view name, bson::ValueView in,
                          bson::Builder& out) const {
  if (in.is_document()) {
    out.open_document(name);
    document(node, in.as_document(), out);
    out.close();
  } else if (in.is_array()) {
    out.open_array(name);
    if (node.positional) {
      inner(node, "0", matched_element(in.as_document()), out);
    } else {
      array(node, in.as_document(), out);
    }
    out.close();
  } else if (node.computes) {
    create(node, name, out);
  } else if (mode_ != ProjectionMode::Include) {
    out.add(name, in);
  }
}

void ProjectionRun::array(const ProjectionNode& node, bson::View in, bson::Builder& out) const {
  std::size_t index = 0;
  for (const bson::Element& element : in) {
    const std::size_t before = out.size_bytes();
    inner(node, std::to_string(index), element, out);
    if (out.size_bytes() != before) ++index;
  }
}

void ProjectionRun::create(const ProjectionNode& node, std::string_view name,
                           bson::Builder& out) const {
  if (node.kind == Kind::Computed) {
    out.add(name, node.expression->evaluate(root_, context_).view());
    return;
  }
  out.open_document(name);
  for (const auto& [child_name, child] : node.children) {
    if (child->computes) create(*child, child_name, out);
  }
  out.close();
}

void ProjectionRun::slice(const ProjectionNode& node, const bson::Element& element,
                          bson::Builder& out) const {
  if (!element.is_array()) {
    out.add(element);
    return;
  }
  const auto size = static_cast<std::int64_t>(element.as_document().count());
  const std::int64_t first =
      node.slice_skip < 0 ? std::max<std::int64_t>(size + node.slice_skip, 0) : node.slice_skip;
  std::int64_t index = 0;
  out.open_array(element.name());
  for (const bson::Element& value : element.as_document()) {
    if (index >= first && index - first < node.slice_limit) out.push(value.value());
    ++index;
  }
  out.close();
}

void ProjectionRun::elem_match(const ProjectionNode& node, std::string_view name,
                               bson::ValueView in, bson::Builder& out) const {
  if (!in.is_array()) return;
  bson::Builder wrapped;
  wrapped.add("", in);
  const std::string document = wrapped.take();
  MatchDetails details;
  if (!node.element->matches(bson::View(document), &details) || !details.array_index) return;
  std::size_t index = 0;
  for (const bson::Element& element : in.as_document()) {
    if (index++ == *details.array_index) out.open_array(name).push(element.value()).close();
  }
}

bson::ValueView ProjectionRun::matched_element(bson::View array) const {
  if (!position_) {
    raise(location(51246),
          "positional operator '.$' couldn't find a matching element in the array");
  }
  std::size_t index = 0;
  for (const bson::Element& element : array) {
    if (index++ == *position_) return element;
  }
  raise(location(51247),
        "positional operator '.$' element mismatch: the array has {} elements, the match is at {}",
        index, *position_);
}

}  // namespace freshet::query

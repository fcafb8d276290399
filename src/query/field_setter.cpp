// SPDX-License-Identifier: Apache-2.0
#include "query/field_setter.h"

#include "base/error.h"
#include "query/projection_node.h"

namespace freshet::query {
namespace {

constexpr int kSpecDepthMax = 100;

void parse(ProjectionNode& root, const std::string& path, bson::ValueView value,
           const QueryContext& context, int depth) {
  check_field_path(path);
  const bool document = value.is_document() && !value.as_document().empty();
  const bool nested = document && !value.as_document().begin()->name().starts_with('$');
  if (!nested) {
    ProjectionNode& node = root.add(Path(path), {location(40176), location(40176)});
    node.kind = ProjectionNode::Kind::Computed;
    node.expression.emplace(value, context);
    return;
  }
  if (depth > kSpecDepthMax)
    raise(ErrorCode::Overflow, "$addFields is nested deeper than {}", kSpecDepthMax);
  for (const bson::Element& element : value.as_document()) {
    parse(root, path + "." + std::string(element.name()), element, context, depth + 1);
  }
}

void mark_computes(ProjectionNode& node) {
  node.computes = true;
  for (auto& [name, child] : node.children)
    mark_computes(*child);
}

}  // namespace

struct FieldSetter::State {
  ProjectionNode root;
};

FieldSetter::FieldSetter(bson::ValueView spec, const QueryContext& context)
    : state_(std::make_unique<State>()) {
  if (!spec.is_document()) {
    raise(location(40272), "$addFields specification stage must be an object, got {}",
          bson::type_alias(spec.type()));
  }
  if (spec.as_document().empty()) {
    raise(location(40177), "$addFields specification must have at least one field");
  }
  for (const bson::Element& element : spec.as_document()) {
    parse(state_->root, std::string(element.name()), element, context, 0);
  }
  mark_computes(state_->root);
}

FieldSetter::~FieldSetter() = default;
FieldSetter::FieldSetter(FieldSetter&&) noexcept = default;
FieldSetter& FieldSetter::operator=(FieldSetter&&) noexcept = default;

std::string FieldSetter::apply(bson::View document, bson::View root,
                               const QueryContext& context) const {
  bson::Builder out;
  ProjectionRun(ProjectionMode::Add, context, root, std::nullopt)
      .document(state_->root, document, out);
  return out.take();
}

}  // namespace freshet::query

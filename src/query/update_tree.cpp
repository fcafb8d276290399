// SPDX-License-Identifier: Apache-2.0
// The table of update operators, and the building of the tree.
#include "query/update_tree.h"

#include "base/error.h"

namespace freshet::query {
namespace {

struct UpdateOperator {
  std::string_view name;
  ModifierPtr (*make)(const bson::Element&,
                      const QueryContext&);  ///< nullptr: two paths, see parse_rename()
};

constexpr UpdateOperator kOperators[] = {
    {"$addToSet", make_add_to_set},
    {"$bit", make_bit},
    {"$currentDate", make_current_date},
    {"$inc", make_inc},
    {"$max", make_max},
    {"$min", make_min},
    {"$mul", make_mul},
    {"$pop", make_pop},
    {"$pull", make_pull},
    {"$pullAll", make_pull_all},
    {"$push", make_push},
    {"$rename", nullptr},
    {"$set", make_set},
    {"$setOnInsert", make_set_on_insert},
    {"$unset", make_unset},
};

const UpdateOperator& find_operator(std::string_view name) {
  for (const UpdateOperator& row : kOperators) {
    if (row.name == name) return row;
  }
  raise(ErrorCode::FailedToParse,
        "unknown modifier: {}. Expected a valid update modifier or pipeline-style update specified "
        "as an array",
        name);
}

bool is_element_part(std::string_view part) {
  return part.starts_with("$[") && part.ends_with(']');
}

void check_path(const Path& path) {
  std::size_t positional = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string_view part = path.part(i);
    if (part.empty()) {
      raise(ErrorCode::EmptyFieldName,
            "the update path '{}' contains an empty field name, which is not allowed", path.text());
    }
    if (i == 0 && (part == "$" || is_element_part(part))) {
      raise(ErrorCode::BadValue, "cannot have {} in the first position of path '{}'", part,
            path.text());
    }
    if (part == "$" && ++positional > 1) {
      raise(ErrorCode::BadValue, "too many positional (i.e. '$') elements found in path '{}'",
            path.text());
    }
  }
}

bool is_dynamic(const Path& path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.part(i) == "$" || is_element_part(path.part(i))) return true;
  }
  return false;
}

[[noreturn]] void conflict(const Path& path, std::size_t part) {
  const std::size_t end = path.text().size() - path.rest(part).size() + path.part(part).size();
  raise(ErrorCode::ConflictingUpdateOperators,
        "updating the path '{}' would create a conflict at '{}'", path.text(),
        path.text().substr(0, end));
}

}  // namespace

bool FieldOrder::operator()(std::string_view a, std::string_view b) const {
  const std::uint32_t x = parse_array_index(a);
  const std::uint32_t y = parse_array_index(b);
  if (x != y) return x < y;  // names that are no numbers have the largest index
  return a < b;
}

UpdateTree::UpdateTree() {
  root_ = &nodes_.emplace_back();
}

const Modifier* UpdateTree::keep(ModifierPtr modifier) {
  modifiers_.push_back(std::move(modifier));
  return modifiers_.back().get();
}

void UpdateTree::parse(bson::View operators, const ArrayFilters& filters,
                       const QueryContext& context) {
  for (const bson::Element& element : operators) {
    const UpdateOperator& row = find_operator(element.name());
    if (!element.is_document()) {
      raise(ErrorCode::FailedToParse,
            "modifiers operate on fields but we found type {} instead; for example: {{$mod: "
            "{{<field>: …}}}} not {{{}: …}}",
            bson::type_alias(element.type()), element.name());
    }
    for (const bson::Element& argument : element.as_document()) {
      if (row.make == nullptr) {
        parse_rename(argument, filters);
      } else {
        const Path path(argument.name());
        check_path(path);
        add(path, keep(row.make(argument, context)), filters);
      }
    }
  }
}

void UpdateTree::parse_rename(const bson::Element& element, const ArrayFilters& filters) {
  if (!element.is_string())
    raise(ErrorCode::BadValue, "the 'to' field for $rename must be a string: {}", element.name());
  if (element.as_string().find('\0') != std::string_view::npos) {
    raise(ErrorCode::BadValue, "the 'to' field for $rename cannot contain an embedded null byte");
  }
  const Path source(element.name());
  const Path target(element.as_string());
  check_path(source);
  check_path(target);
  if (is_path_prefix(source.text(), target.text()) ||
      is_path_prefix(target.text(), source.text())) {
    raise(ErrorCode::BadValue,
          "the source and target field for $rename must not be on the same path: '{}' and '{}'",
          source.text(), target.text());
  }
  if (is_dynamic(source) || is_dynamic(target)) {
    raise(ErrorCode::BadValue,
          "the source and target field for $rename may not be dynamic: '{}' and '{}'",
          source.text(), target.text());
  }
  const Modifier* modifier = keep(std::make_unique<RenameTarget>());
  add(source, keep(make_unset(element, QueryContext{})), filters);
  add(target, modifier, filters);
  renames_.push_back({source, target, modifier});
}

UpdateNode* UpdateTree::child(UpdateNode& node, const Path& path, std::size_t part,
                              const ArrayFilters& filters) {
  const std::string_view name = path.part(part);
  const bool element = is_element_part(name);
  const bool by_name = !node.fields.empty() || node.positional != nullptr;
  if (part > 0 && (node.modifier != nullptr || (element ? by_name : !node.elements.empty())))
    conflict(path, part - 1);
  UpdateNode** slot = nullptr;
  if (element) {
    const std::string id(name.substr(2, name.size() - 3));
    if (!id.empty() && !filters.contains(id)) {
      raise(ErrorCode::BadValue, "no array filter found for identifier '{}' in path '{}'", id,
            path.text());
    }
    slot = &node.elements[id];
  } else if (name == "$") {
    needs_position_ = true;
    slot = &node.positional;
  } else {
    slot = &node.fields[std::string(name)];
  }
  if (*slot == nullptr) *slot = &nodes_.emplace_back();
  return *slot;
}

void UpdateTree::add(const Path& path, const Modifier* modifier, const ArrayFilters& filters) {
  UpdateNode* node = root_;
  for (std::size_t part = 0; part < path.size(); ++part)
    node = child(*node, path, part, filters);
  const bool taken = node->modifier != nullptr || node->positional != nullptr ||
                     !node->fields.empty() || !node->elements.empty();
  if (taken) conflict(path, path.size() - 1);
  node->modifier = modifier;
}

}  // namespace freshet::query

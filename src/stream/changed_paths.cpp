// SPDX-License-Identifier: Apache-2.0
#include "stream/changed_paths.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/error.h"
#include "bson/compare.h"
#include "query/path.h"

namespace freshet::stream {
namespace {

constexpr std::size_t kPathsMax = 1'000;
constexpr std::size_t kComponentsMax = 200;

/// What is left of a path; never empty.
using Rest = std::span<const std::string>;

std::vector<std::string> split(std::string_view dotted) {
  std::vector<std::string> components;
  while (true) {
    const std::size_t dot = dotted.find('.');
    components.emplace_back(dotted.substr(0, dot));
    if (dot == std::string_view::npos) return components;
    dotted.remove_prefix(dot + 1);
  }
}

std::vector<std::string> parse_path(const bson::Element& path) {
  std::vector<std::string> components;
  if (path.is_string()) {
    components = split(path.as_string());
  } else if (path.is_array()) {
    for (const bson::Element& component : path.as_document()) {
      if (!component.is_string()) {
        raise(ErrorCode::TypeMismatch, "expected strings in a path of '{}', found {}",
              kChangedPathsStage, bson::type_alias(component.type()));
      }
      components.emplace_back(component.as_string());
    }
  } else {
    raise(ErrorCode::TypeMismatch,
          "expected a string or an array of strings in '{}.paths', found {}", kChangedPathsStage,
          bson::type_alias(path.type()));
  }
  const auto is_empty = [](const std::string& component) { return component.empty(); };
  if (components.empty() || std::ranges::any_of(components, is_empty) ||
      components.size() > kComponentsMax) {
    raise(ErrorCode::FailedToParse, "a path of '{}' has 1 to {} names, none of them empty",
          kChangedPathsStage, kComponentsMax);
  }
  return components;
}

bool touches_document(bson::View delta, Rest path);
bool touches_array(bson::View delta, Rest path);

bool touches(bson::View delta, Rest path) {
  return delta["a"] ? touches_array(delta, path) : touches_document(delta, path);
}

/// `inner` describes what changed inside of what the path's first name means.
bool touches_inside(bson::View inner, Rest path) {
  return path.size() == 1 || touches(inner, path.subspan(1));
}

bool touches_document(bson::View delta, Rest path) {
  for (const bson::Element& section : delta) {
    const std::string_view name = section.name();
    if (name == "d" || name == "u" || name == "i") {
      if (section.as_document()[path.front()]) return true;
    } else if (name.substr(1) == path.front()) {
      if (touches_inside(section.as_document(), path)) return true;
    }
  }
  return false;
}

// A name that is no index looks into each element, as in a query.
bool touches_array(bson::View delta, Rest path) {
  const std::uint32_t index = query::parse_array_index(path.front());
  const bool any = index == query::Path::kNoIndex;
  for (const bson::Element& change : delta) {
    const std::string_view name = change.name();
    if (name == "a") continue;
    if (name == "l") {
      if (any || static_cast<std::uint32_t>(change.as_int32()) <= index) return true;
      continue;
    }
    if (!any && query::parse_array_index(name.substr(1)) != index) continue;
    if (name[0] == 'u') return true;
    const bson::View inner = change.as_document();
    if (any ? touches(inner, path) : touches_inside(inner, path)) return true;
  }
  return false;
}

/// Everything that the path means in a document, arrays on the way looked into. Two documents whose
/// lists are equal have the same there.
void collect(bson::ValueView value, Rest path, std::vector<bson::ValueView>& found) {
  if (path.empty()) {
    found.push_back(value);
    return;
  }
  if (value.is_array()) {
    const std::uint32_t index = query::parse_array_index(path.front());
    if (index != query::Path::kNoIndex) {
      if (const bson::Element element = value.as_document()[path.front()]) {
        collect(element, path.subspan(1), found);
      }
      return;
    }
    for (const bson::Element& element : value.as_document())
      collect(element, path, found);
    return;
  }
  if (!value.is_document()) return;
  if (const bson::Element element = value.as_document()[path.front()]) {
    collect(element, path.subspan(1), found);
  }
}

bool differ(bson::View before, bson::View after, Rest path) {
  std::vector<bson::ValueView> old_values;
  std::vector<bson::ValueView> new_values;
  collect(bson::ValueView::document(before), path, old_values);
  collect(bson::ValueView::document(after), path, new_values);
  const auto same = [](bson::ValueView a, bson::ValueView b) {
    return a.type() == b.type() && a.raw() == b.raw();
  };
  return !std::ranges::equal(old_values, new_values, same);
}

}  // namespace

ChangedPaths ChangedPaths::parse(bson::ValueView body) {
  if (!body.is_document()) {
    raise(ErrorCode::TypeMismatch, "expected an object as value of '{}', found {}",
          kChangedPathsStage, bson::type_alias(body.type()));
  }
  ChangedPaths result;
  for (const bson::Element& field : body.as_document()) {
    if (field.name() != "paths") {
      raise(ErrorCode::Location40415, "BSON field '{}.{}' is an unknown field", kChangedPathsStage,
            field.name());
    }
    if (!field.is_array()) {
      raise(ErrorCode::TypeMismatch, "expected an array in '{}.paths', found {}",
            kChangedPathsStage, bson::type_alias(field.type()));
    }
    for (const bson::Element& path : field.as_document())
      result.paths_.push_back(parse_path(path));
  }
  if (result.paths_.empty() || result.paths_.size() > kPathsMax) {
    raise(ErrorCode::FailedToParse, "'{}.paths' has 1 to {} paths", kChangedPathsStage, kPathsMax);
  }
  return result;
}

bool ChangedPaths::admits(const Change& change) const {
  if (change.kind == ChangeKind::Update) {
    const bson::View diff = change.op.diff();
    return std::ranges::any_of(paths_, [&](const Path& path) { return touches(diff, path); });
  }
  if (change.kind != ChangeKind::Replace || !change.op.pre.is_document()) return true;
  const bson::View before = change.op.pre.as_document();
  return std::ranges::any_of(paths_,
                             [&](const Path& path) { return differ(before, change.op.o, path); });
}

}  // namespace freshet::stream

// SPDX-License-Identifier: Apache-2.0
#include "collection/key_values.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace freshet::collection {
namespace {

using bson::Type;
using bson::ValueView;

/// How far one component has been followed.
struct Component {
  ValueView value;
  std::string_view rest;  // of the path, behind `value`
  std::size_t parts = 0;  // of the path, followed so far
  bool final = false;     // an element of the array the path ended in: not expanded again
  bool from_array = false;
};

bool is_index(std::string_view part) {
  return !part.empty() && part.size() <= 9 &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view first_part(std::string_view path) {
  return path.substr(0, path.find('.'));
}

std::string_view after_first_part(std::string_view path) {
  const std::size_t dot = path.find('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
}

/// "a.0": the element at that place, when there is one.
bson::Element element_at(bson::View array, std::string_view part) {
  if (!is_index(part)) return {};
  const bson::Element at = array[part];
  if (at.missing()) return at;
  for (const bson::Element& element : array) {
    if (element.is_document() && element.as_document()[part]) {
      raise(location(16746),
            "ambiguous field name '{}' found in an array: it is an index and a field", part);
    }
  }
  return at;
}

/// Follows the path as far as it goes without going through the elements of an array.
void descend(Component& component) {
  while (!component.rest.empty()) {
    const std::string_view part = first_part(component.rest);
    if (component.value.is_document()) {
      component.value = component.value.as_document()[part];
    } else if (component.value.is_array()) {
      const bson::Element at = element_at(component.value.as_document(), part);
      if (at.missing()) return;
      component.value = at;
      component.from_array = true;
    } else {
      component.value = ValueView();
      component.rest = {};
      return;
    }
    component.rest = after_first_part(component.rest);
    ++component.parts;
  }
}

bool expands(const Component& component) {
  return component.value.is_array() && !component.final;
}

class Expansion {
 public:
  explicit Expansion(CombinationSink& sink) : sink_(sink) {}

  void run(std::vector<Component> components) {
    for (Component& component : components) {
      if (!component.final) descend(component);
    }
    const auto first = std::find_if(components.begin(), components.end(), expands);
    if (first == components.end()) {
      emit(components);
      return;
    }
    const char* array = first->value.raw().data();
    for (std::size_t i = 0; i < components.size(); ++i) {
      if (!expands(components[i])) continue;
      if (components[i].value.raw().data() != array) {
        raise(ErrorCode::CannotIndexParallelArrays, "cannot index parallel arrays");
      }
      note_array(i, components.size(), components[i].parts - 1);
    }
    expand(components, array);
  }

  ArrayParts take_arrays() { return std::move(arrays_); }

 private:
  void note_array(std::size_t component, std::size_t components, std::size_t part) {
    if (arrays_.empty()) arrays_.resize(components);
    arrays_[component] |= std::uint32_t{1} << std::min(part, catalog::kArrayPartsMax - 1);
  }

  void expand(const std::vector<Component>& components, const char* array) {
    const auto here = [array](const Component& c) {
      return expands(c) && c.value.raw().data() == array;
    };
    const bson::View elements(array);
    if (elements.empty()) {
      std::vector<Component> none = components;
      for (Component& component : none) {
        if (!here(component)) continue;
        component.value =
            component.rest.empty() ? ValueView(Type::Undefined, nullptr, 0) : ValueView();
        component.rest = {};
        component.final = true;
        component.from_array = true;
      }
      run(std::move(none));
      return;
    }
    for (const bson::Element& element : elements) {
      std::vector<Component> each = components;
      for (Component& component : each) {
        if (here(component)) step_into(component, element);
      }
      run(std::move(each));
    }
  }

  // Arrays directly within arrays are values: the path does not go on inside them.
  static void step_into(Component& component, const bson::Element& element) {
    component.value = element;
    component.from_array = true;
    component.final = component.rest.empty();
    if (component.final || element.is_document()) return;
    component.value = ValueView();
    component.rest = {};
    component.final = true;
  }

  void emit(const std::vector<Component>& components) {
    values_.clear();
    for (const Component& component : components)
      values_.push_back({component.value, component.from_array});
    sink_.take(values_);
  }

  CombinationSink& sink_;
  std::vector<ComponentValue> values_;
  ArrayParts arrays_;
};

}  // namespace

ArrayParts for_each_combination(const std::vector<std::string_view>& paths, bson::View document,
                                CombinationSink& sink) {
  std::vector<Component> components;
  components.reserve(paths.size());
  for (const std::string_view path : paths)
    components.push_back({ValueView::document(document), path});
  Expansion expansion(sink);
  expansion.run(std::move(components));
  return expansion.take_arrays();
}

ArrayParts for_each_combination(const catalog::IndexDefinition& index, bson::View document,
                                CombinationSink& sink) {
  std::vector<std::string_view> paths;
  paths.reserve(index.parts.size());
  for (const catalog::IndexPart& part : index.parts)
    paths.emplace_back(part.path);
  return for_each_combination(paths, document, sink);
}

}  // namespace freshet::collection

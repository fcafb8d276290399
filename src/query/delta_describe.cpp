// SPDX-License-Identifier: Apache-2.0
// What a delta looks like in a change event.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "query/delta.h"
#include "query/path.h"

namespace freshet::query {
namespace {

/// One part of a path: a field name or an array index.
struct Component {
  std::string_view name;
  bool is_index = false;
};

class Description {
 public:
  explicit Description(bool with_disambiguated_paths)
      : with_disambiguated_paths_(with_disambiguated_paths) {}

  void walk(bson::View delta) { delta["a"] ? walk_array(delta) : walk_document(delta); }

  std::string take() {
    const std::string updated = updated_.take();
    const std::string removed = removed_.take();
    const std::string truncated = truncated_.take();
    const std::string paths = paths_.take();
    bson::Builder out;
    out.add("updatedFields", bson::View(updated));
    out.add_array("removedFields", bson::View(removed));
    out.add_array("truncatedArrays", bson::View(truncated));
    if (with_disambiguated_paths_) out.add("disambiguatedPaths", bson::View(paths));
    return out.take();
  }

 private:
  void walk_document(bson::View delta) {
    for (const bson::Element& section : delta) {
      const std::string_view name = section.name();
      if (name == "d") {
        for (const bson::Element& element : section.as_document())
          remove(element.name());
      } else if (name == "u" || name == "i") {
        for (const bson::Element& element : section.as_document())
          update({element.name(), false}, element);
      } else {
        descend({name.substr(1), false}, section.as_document());
      }
    }
  }

  void walk_array(bson::View delta) {
    for (const bson::Element& element : delta) {
      const std::string_view name = element.name();
      if (name == "a") continue;
      if (name == "l") {
        truncated_.push_document().add("field", path()).add("newSize", element.as_int32()).close();
        note_ambiguity();
      } else if (name[0] == 'u') {
        update({name.substr(1), true}, element);
      } else {
        descend({name.substr(1), true}, element.as_document());
      }
    }
  }

  void update(Component last, bson::ValueView value) {
    components_.push_back(last);
    updated_.add(path(), value);
    note_ambiguity();
    components_.pop_back();
  }

  void remove(std::string_view name) {
    components_.push_back({name, false});
    removed_.push(path());
    note_ambiguity();
    components_.pop_back();
  }

  void descend(Component next, bson::View delta) {
    components_.push_back(next);
    walk(delta);
    components_.pop_back();
  }

  std::string path() const {
    std::string path;
    for (const Component& component : components_) {
      if (&component != components_.data()) path.push_back('.');
      path.append(component.name);
    }
    return path;
  }

  /// A name with a dot reads like two names, and a number that is a name like an index; the first
  /// part cannot be one.
  void note_ambiguity() {
    if (!with_disambiguated_paths_) return;
    bool ambiguous = false;
    for (const Component& component : components_) {
      if (component.is_index) continue;
      const bool first = &component == components_.data();
      const bool number = !first && parse_array_index(component.name) != Path::kNoIndex;
      ambiguous = ambiguous || number || component.name.find('.') != std::string_view::npos;
    }
    if (!ambiguous) return;
    paths_.open_array(path());
    for (const Component& component : components_) {
      if (component.is_index) {
        paths_.push(static_cast<std::int32_t>(parse_array_index(component.name)));
      } else {
        paths_.push(component.name);
      }
    }
    paths_.close();
  }

  bool with_disambiguated_paths_;
  std::vector<Component> components_;
  bson::Builder updated_;
  bson::Builder removed_;
  bson::Builder truncated_;
  bson::Builder paths_;
};

}  // namespace

std::string describe_diff(bson::View diff, bool with_disambiguated_paths) {
  Description description(with_disambiguated_paths);
  description.walk(diff);
  return description.take();
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// Applying a delta to the document it was made from.
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "query/delta.h"
#include "query/path.h"

namespace freshet::query {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view name) {
  raise(ErrorCode::InternalError, "the delta does not fit the document: {} '{}'", what, name);
}

void apply_to_document(bson::View document, bson::View delta, bson::Builder& out);
void apply_to_array(bson::View array, bson::View delta, bson::Builder& out);

void apply_nested(std::string_view name, bson::ValueView before, bson::View delta,
                  bson::Builder& out) {
  const bool array = static_cast<bool>(delta["a"]);
  if (array ? !before.is_array() : !before.is_document()) refuse("changes inside", name);
  if (array) {
    out.open_array(name);
    apply_to_array(before.as_document(), delta, out);
  } else {
    out.open_document(name);
    apply_to_document(before.as_document(), delta, out);
  }
  out.close();
}

/// One document's sections, by field name.
struct Sections {
  std::unordered_set<std::string_view> removed;  ///< deleted, or inserted again at the end
  std::unordered_map<std::string_view, bson::ValueView> updated;
  std::unordered_map<std::string_view, bson::View> nested;
  bson::View inserted;

  explicit Sections(bson::View delta) {
    for (const bson::Element& section : delta) {
      const std::string_view name = section.name();
      if (!section.is_document() || name.empty()) refuse("section", name);
      if (name == "d") {
        for (const bson::Element& element : section.as_document())
          removed.insert(element.name());
      } else if (name == "u") {
        for (const bson::Element& element : section.as_document())
          updated.emplace(element.name(), element);
      } else if (name == "i") {
        inserted = section.as_document();
        for (const bson::Element& element : inserted)
          removed.insert(element.name());
      } else if (name[0] == 's') {
        nested.emplace(name.substr(1), section.as_document());
      } else {
        refuse("section", name);
      }
    }
  }
};

void apply_to_document(bson::View document, bson::View delta, bson::Builder& out) {
  Sections sections(delta);
  for (const bson::Element& element : document) {
    if (sections.removed.erase(element.name()) != 0) continue;
    const auto update = sections.updated.find(element.name());
    const auto nested = sections.nested.find(element.name());
    if (update != sections.updated.end()) {
      out.add(element.name(), update->second);
      sections.updated.erase(update);
    } else if (nested != sections.nested.end()) {
      apply_nested(element.name(), element, nested->second, out);
      sections.nested.erase(nested);
    } else {
      out.add(element);
    }
  }
  if (!sections.updated.empty()) refuse("no field", sections.updated.begin()->first);
  if (!sections.nested.empty()) refuse("no field", sections.nested.begin()->first);
  out.add_all(sections.inserted);
}

/// An array's "u<index>" and "s<index>" in the order they were written, which is by rising index.
struct ElementChange {
  std::uint32_t index;
  bool nested;
  bson::ValueView value;
};

std::vector<ElementChange> element_changes(bson::View delta) {
  std::vector<ElementChange> changes;
  for (const bson::Element& element : delta) {
    const std::string_view name = element.name();
    if (name == "a" || name == "l") continue;
    const std::uint32_t index = name.empty() ? Path::kNoIndex : parse_array_index(name.substr(1));
    const bool nested = name.starts_with('s');
    const bool fits =
        index != Path::kNoIndex && (name[0] == 'u' || (nested && element.is_document()));
    if (!fits || (!changes.empty() && changes.back().index >= index)) refuse("array element", name);
    changes.push_back({index, nested, element});
  }
  return changes;
}

void apply_to_array(bson::View array, bson::View delta, bson::Builder& out) {
  const std::vector<ElementChange> changes = element_changes(delta);
  const bson::Element length = delta["l"];
  const std::uint64_t size_max =
      length ? static_cast<std::uint64_t>(length.number_as_int64()) : UINT64_MAX;
  auto change = changes.begin();
  std::uint32_t index = 0;
  for (const bson::Element& element : array) {
    if (index >= size_max) break;
    if (change == changes.end() || change->index != index) {
      out.add(element);
    } else {
      if (change->nested) {
        apply_nested(element.name(), element, change->value.as_document(), out);
      } else {
        out.add(element.name(), change->value);
      }
      ++change;
    }
    ++index;
  }
  for (; change != changes.end(); ++change) {
    if (change->nested) refuse("array element", std::to_string(change->index));
    for (; index < change->index; ++index)
      out.add_null(std::to_string(index));
    out.add(std::to_string(index++), change->value);
  }
}

}  // namespace

std::string apply_diff(bson::View document, bson::View diff) {
  bson::Builder out;
  apply_to_document(document, diff, out);
  return out.take();
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// Dotted paths, split once, and the walk through documents and arrays that filters follow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bson/view.h"

namespace freshet::query {

/// "a.0.b", split at the dots. Immutable after construction; copies are independent.
class Path {
 public:
  static constexpr std::uint32_t kNoIndex = 0xFFFFFFFFU;

  Path() : Path(std::string_view()) {}
  explicit Path(std::string_view dotted);

  const std::string& text() const { return text_; }
  std::size_t size() const { return parts_.size(); }
  std::string_view part(std::size_t i) const {
    return std::string_view(text_).substr(parts_[i].offset, parts_[i].length);
  }
  /// The array index that part i spells ("0", "12", not "01"), or kNoIndex.
  std::uint32_t index(std::size_t i) const { return parts_[i].index; }
  /// The parts from i on, as text.
  std::string_view rest(std::size_t i) const {
    return std::string_view(text_).substr(parts_[i].offset);
  }

 private:
  struct Part {
    std::uint32_t offset;
    std::uint32_t length;
    std::uint32_t index;
  };
  std::string text_;
  std::vector<Part> parts_;
};

/// The array index that `text` spells without sign or leading zeros, or Path::kNoIndex.
std::uint32_t parse_array_index(std::string_view text);

/// True when `path` is `prefix` or lies below it ("a.b" below "a", not below "a.bc").
bool is_path_prefix(std::string_view prefix, std::string_view path);

/// Refuses what cannot name a field in sorts, projections and aggregation: empty (40352), ending
/// with a dot (40353), an empty part (15998), a part that begins with '$' (16410; DBRef names are
/// fine), more than 200 parts (15).
void check_field_path(std::string_view path);

/// Whether the walk opens an array that stands at the very end of the path.
enum class LeafArrays {
  Open,   ///< its elements one by one, then the array itself
  Whole,  ///< the array itself only
};

/// Position reported when no array was opened on the way.
inline constexpr std::size_t kNoPosition = static_cast<std::size_t>(-1);

namespace detail {

template <typename Visit>
bool visit_array(const Path& path, std::size_t part, bson::View array, LeafArrays leaf,
                 std::size_t outer, Visit& visit);

template <typename Visit>
bool visit_document(const Path& path, std::size_t part, bson::View document, LeafArrays leaf,
                    std::size_t outer, Visit& visit) {
  bson::ValueView value = document[path.part(part)];
  while (part + 1 < path.size() && value.is_document())
    value = value.as_document()[path.part(++part)];
  const bool last = part + 1 == path.size();
  if (!value.is_array()) return visit(last ? value : bson::ValueView(), outer);
  if (!last) return visit_array(path, part + 1, value.as_document(), leaf, outer, visit);
  if (leaf == LeafArrays::Open) {
    std::size_t position = 0;
    for (const bson::Element& element : value.as_document()) {
      if (visit(element.value(), outer == kNoPosition ? position : outer)) return true;
      ++position;
    }
  }
  return visit(value, outer);
}

/// The array stands where parts from `part` on still have to be followed.
template <typename Visit>
bool visit_array(const Path& path, std::size_t part, bson::View array, LeafArrays leaf,
                 std::size_t outer, Visit& visit) {
  const std::uint32_t wanted = path.index(part);
  std::uint32_t index = 0;
  for (const bson::Element& element : array) {
    const std::size_t position = outer == kNoPosition ? index : outer;
    if (element.is_document() &&
        visit_document(path, part, element.as_document(), leaf, position, visit))
      return true;
    if (index++ != wanted) continue;
    if (part + 1 == path.size()) {
      if (visit(element.value(), outer)) return true;
    } else if (element.is_document()) {
      if (visit_document(path, part + 1, element.as_document(), leaf, outer, visit)) return true;
    } else if (element.is_array()) {
      if (visit_array(path, part + 1, element.as_document(), leaf, outer, visit)) return true;
    }
  }
  return false;
}

}  // namespace detail

/// Calls visit(bson::ValueView value, std::size_t position) → bool for everything `path` leads to,
/// opening arrays on the way; `position` is the index in the outermost opened array. A path that
/// breaks off in a document gives Missing, one that finds nothing inside an array gives nothing.
/// Stops, and returns true, when visit returns true.
template <typename Visit>
bool visit_path(const Path& path, bson::View document, LeafArrays leaf, Visit&& visit) {
  return detail::visit_document(path, 0, document, leaf, kNoPosition, visit);
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
#include "query/sort.h"

#include <algorithm>

#include "base/error.h"
#include "bson/key.h"

namespace freshet::query {
namespace {

using Metadata = DocumentMetadata::Kind;

SortPattern::Part parse_meta(const bson::Element& element, DocumentMetadata* metadata) {
  const bson::View meta = element.as_document();
  if (meta.empty() || meta.begin()->name() != "$meta") {
    raise(location(17312), "$meta is the only expression supported in a sort (field '{}')",
          element.name());
  }
  const bson::Element name = *meta.begin();
  const auto kind = name.is_string() ? DocumentMetadata::find(name.as_string()) : std::nullopt;
  if (!kind || *kind == Metadata::GeoNearPoint || *kind == Metadata::IndexKey) {
    raise(location(17308), "unknown $meta in the sort of '{}'", element.name());
  }
  want_metadata(metadata, *kind);
  return {std::string(element.name()), *kind == Metadata::TextScore, kind};
}

SortPattern::Part parse_part(const bson::Element& element, DocumentMetadata* metadata) {
  check_field_path(element.name());
  if (element.is_document()) return parse_meta(element, metadata);
  if (!element.is_number()) {
    raise(location(15974), "illegal key in $sort specification: '{}' is of type {}", element.name(),
          bson::type_alias(element.type()));
  }
  const std::int64_t direction = element.number_as_int64();
  if (direction != 1 && direction != -1) {
    raise(location(15975),
          "$sort key ordering must be 1 (for ascending) or -1 (for descending), found {} for '{}'",
          direction, element.name());
  }
  return {std::string(element.name()), direction < 0, std::nullopt};
}

/// Everything one document gives a compound pattern once arrays are involved: each combination in
/// turn, as an index would hold it; the smallest encoded one is the sort key.
class ArrayKeys {
 public:
  ArrayKeys(const std::vector<SortPattern::Part>& parts, const std::vector<Path>& paths,
            const bson::StringOrder* collation, const DocumentMetadata* metadata)
      : parts_(parts), paths_(paths), collation_(collation), metadata_(metadata) {}

  std::string smallest(bson::View document) {
    State state{std::vector<std::size_t>(parts_.size(), 0),
                std::vector<bson::ValueView>(parts_.size())};
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (!parts_[i].metadata) continue;
      state.values[i] = metadata_->get(*parts_[i].metadata);
      state.next_part[i] = kDone;
    }
    expand(document, state);
    return std::move(best_);
  }

 private:
  static constexpr std::size_t kDone = static_cast<std::size_t>(-1);
  /// An empty array sorts as undefined.
  static bson::ValueView undefined() { return {bson::Type::Undefined, "", 0}; }

  struct State {
    std::vector<std::size_t> next_part;  ///< per pattern part: where its path goes on, or kDone
    std::vector<bson::ValueView> values;
  };

  /// Follows path `i` from `document` to its value or to the first array that has to be opened.
  bson::ValueView follow(bson::View document, std::size_t i, State& state) const {
    const Path& path = paths_[i];
    std::size_t& part = state.next_part[i];
    bson::View current = document;
    bson::ValueView value;
    bool inside_array = false;
    for (; part < path.size(); ++part) {
      value = current[path.part(part)];
      const bool last = part + 1 == path.size();
      if (value.is_array() && last && inside_array)
        break;  // an element named by its index is not opened
      if (value.is_array() && (last || !indexes_into(path, part + 1, value.as_document()))) {
        ++part;
        return value;
      }
      if (last || (!value.is_document() && !value.is_array())) break;
      inside_array = value.is_array();
      current = value.as_document();
    }
    if (part + 1 < path.size()) value = bson::ValueView();
    if (value.is_array() && value.as_document().empty()) value = undefined();
    state.values[i] = value;
    part = kDone;
    return {};
  }

  /// "a.0.b": the next part is an index of this array rather than a name inside its documents.
  static bool indexes_into(const Path& path, std::size_t part, bson::View array) {
    if (path.index(part) == Path::kNoIndex || !array[path.part(part)]) return false;
    for (const bson::Element& element : array) {
      if (element.is_document() && element.as_document()[path.part(part)]) {
        raise(location(16746),
              "ambiguous field name '{}' found in an array: it is an index and a field",
              path.part(part));
      }
    }
    return true;
  }

  void expand(bson::View document, State state) {
    bson::ValueView array;
    std::vector<std::size_t> inside;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (state.next_part[i] == kDone) continue;
      const bson::ValueView found = follow(document, i, state);
      if (!found.is_array()) continue;
      if (array && array.raw().data() != found.raw().data()) {
        raise(ErrorCode::BadValue, "cannot sort with keys that are parallel arrays");
      }
      array = found;
      inside.push_back(i);
    }
    if (!array) return emit(state);
    if (array.as_document().empty()) {
      for (const std::size_t i : inside) {
        state.values[i] = state.next_part[i] == paths_[i].size() ? undefined() : bson::ValueView();
        state.next_part[i] = kDone;
      }
      return emit(state);
    }
    for (const bson::Element& element : array.as_document())
      expand_element(element, inside, state);
  }

  void expand_element(const bson::Element& element, const std::vector<std::size_t>& inside,
                      State state) {
    bool deeper = false;
    for (const std::size_t i : inside) {
      if (state.next_part[i] == paths_[i].size()) {
        state.values[i] = element;
      } else if (element.is_document()) {
        deeper = true;
        continue;
      } else {
        state.values[i] = bson::ValueView();
      }
      state.next_part[i] = kDone;
    }
    if (deeper) {
      expand(element.as_document(), std::move(state));
    } else {
      emit(state);
    }
  }

  void emit(const State& state) {
    std::string key;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      bson::append_key(key, state.values[i], parts_[i].descending, collation_);
    }
    if (!any_ || key < best_) best_ = std::move(key);
    any_ = true;
  }

  const std::vector<SortPattern::Part>& parts_;
  const std::vector<Path>& paths_;
  const bson::StringOrder* collation_;
  const DocumentMetadata* metadata_;
  std::string best_;
  bool any_ = false;
};

}  // namespace

SortPattern::SortPattern(bson::View spec, DocumentMetadata* metadata) : metadata_(metadata) {
  for (const bson::Element& element : spec) {
    if (parts_.size() == kPartsMax) raise(location(13103), "a sort has at most {} keys", kPartsMax);
    Part part = parse_part(element, metadata);
    if (std::ranges::any_of(parts_,
                            [&part](const Part& other) { return other.path == part.path; })) {
      raise(location(7472500), "$sort key must not contain duplicate keys (field path '{}')",
            part.path);
    }
    paths_.emplace_back(part.path);
    parts_.push_back(std::move(part));
  }
}

std::string SortPattern::key(bson::View document, const bson::StringOrder* collation) const {
  std::string key;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Path& path = paths_[i];
    if (parts_[i].metadata) {
      bson::append_key(key, metadata_->get(*parts_[i].metadata), parts_[i].descending);
      continue;
    }
    bson::ValueView value = document[path.part(0)];
    std::size_t part = 1;
    while (part < path.size() && value.is_document())
      value = value.as_document()[path.part(part++)];
    if (value.is_array()) {
      return ArrayKeys(parts_, paths_, collation, metadata_).smallest(document);
    }
    if (part < path.size()) value = bson::ValueView();
    bson::append_key(key, value, parts_[i].descending, collation);
  }
  return key;
}

}  // namespace freshet::query

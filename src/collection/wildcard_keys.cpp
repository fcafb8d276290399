// SPDX-License-Identifier: Apache-2.0
#include "collection/wildcard_keys.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/key.h"
#include "bson/value.h"
#include "catalog/wildcard_paths.h"
#include "collection/key_makers.h"
#include "collection/key_values.h"

namespace freshet::collection {
namespace {

using bson::Value;
using bson::ValueView;
using catalog::IndexDefinition;
using catalog::IndexPart;

constexpr char kNote = 1;   // no key of a value begins with it
constexpr char kEntry = 2;  // nor with this, and all are above

/// The values of the ordinary components, encoded in pieces: what stands before the wildcard, and
/// what stands behind it.
class OrdinaryComponents final : public CombinationSink {
 public:
  OrdinaryComponents(const IndexDefinition& index, bson::View document) : index_(index) {
    std::vector<std::string_view> paths;
    for (std::size_t i = 0; i < index.parts.size(); ++i) {
      if (index.parts[i].kind == IndexPart::Kind::Wildcard) continue;
      paths.emplace_back(index.parts[i].path);
      places_.push_back(i);
    }
    if (paths.empty()) return;
    if (!for_each_combination(paths, document, *this).empty()) {
      raise(location(7246301),
            "a compound wildcard index cannot hold arrays in fields besides the wildcard");
    }
  }

  void take(const std::vector<ComponentValue>& values) override {
    before.clear();
    behind.clear();
    bool passed = false;
    for (std::size_t i = 0, at = 0; i < index_.parts.size(); ++i) {
      if (index_.parts[i].kind == IndexPart::Kind::Wildcard) {
        passed = true;
      } else {
        append_index_value(passed ? behind : before, index_, places_[at], values[at].value);
        ++at;
      }
    }
  }

  std::string before, behind;

 private:
  const IndexDefinition& index_;
  std::vector<std::size_t> places_;
};

class Walk {
 public:
  Walk(const IndexDefinition& index, bson::View document, IndexKeys& out)
      : index_(index), ordinary_(index, document), out_(out) {}

  void run(bson::View document) {
    enter("", document);
    // An index with other components holds every document.
    if (out_.keys.empty() && index_.parts.size() > 1) add(Value::min_key(), Value::min_key());
    out_.array_paths.assign(array_paths_.begin(), array_paths_.end());
  }

 private:
  void enter(const std::string& prefix, bson::View document) {
    for (const bson::Element& field : document) {
      std::string path = prefix;
      if (!path.empty()) path += '.';
      path += field.name();
      if (!index_.wildcard->enters(path)) continue;
      if (field.is_array()) {
        array(path, field.as_document());
      } else {
        single(path, field);
      }
    }
  }

  void array(const std::string& path, bson::View elements) {
    array_paths_.insert(path);
    if (elements.empty()) return leaf(path, Value::undefined());
    for (const bson::Element& element : elements)
      single(path, element);
  }

  // Documents are entered; arrays directly within arrays are values.
  void single(const std::string& path, ValueView value) {
    if (value.is_document() && !value.as_document().empty()) {
      enter(path, value.as_document());
    } else {
      leaf(path, value);
    }
  }

  void leaf(const std::string& path, ValueView value) {
    if (index_.wildcard->includes(path)) add(Value::string(path), value);
  }

  void add(ValueView path, ValueView value) {
    std::string key = ordinary_.before;
    bson::append_key(key, path);
    bson::append_key(key, value, false, index_.collation.get());
    key += ordinary_.behind;
    out_.keys.push_back(bounded_key(std::move(key)));
  }

  const IndexDefinition& index_;
  OrdinaryComponents ordinary_;
  IndexKeys& out_;
  std::set<std::string> array_paths_;
};

}  // namespace

void make_wildcard_keys(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  Walk(index, document, out).run(document);
}

std::string array_note_key(std::string_view path) {
  std::string key(1, kNote);
  if (path.size() <= kNotedPathBytesMax) key += path;
  return key;
}

bool is_array_note(std::string_view key) {
  return !key.empty() && key.front() == kNote;
}

std::string first_wildcard_entry() {
  return std::string(1, kEntry);
}

std::uint32_t wildcard_arrays(const storage::Reader& reader, const IndexDefinition& index,
                              std::string_view path) {
  std::uint32_t arrays = 0;
  std::size_t part = 0;
  for (std::size_t end = path.find('.');; end = path.find('.', end + 1)) {
    const std::string key = array_note_key(path.substr(0, end));
    if (reader.get(index.space(), key)) {
      arrays |= std::uint32_t{1} << std::min(part, catalog::kArrayPartsMax - 1);
    }
    if (end == std::string_view::npos) return arrays;
    ++part;
  }
}

}  // namespace freshet::collection

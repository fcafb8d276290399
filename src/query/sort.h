// SPDX-License-Identifier: Apache-2.0
// Sort patterns and the keys they give documents.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bson/compare.h"
#include "bson/view.h"
#include "query/context.h"
#include "query/document_metadata.h"
#include "query/path.h"

namespace freshet::query {

/// {a: 1, "b.c": -1}. Immutable, thread-safe.
class SortPattern {
 public:
  static constexpr std::size_t kPartsMax = 32;

  struct Part {
    std::string path;
    bool descending = false;
    std::optional<DocumentMetadata::Kind> metadata;  ///< {$meta: …}: `path` says nothing
  };
  /// Throws with MongoDB's codes (15974, 15975, 16410, 40352 …). `metadata` outlives the pattern;
  /// null: none may be sorted by.
  explicit SortPattern(bson::View spec, DocumentMetadata* metadata = nullptr);

  const std::vector<Part>& parts() const { return parts_; }
  bool empty() const { return parts_.empty(); }

  /// Bytes whose memcmp order is the sort's order. Arrays give their smallest (ascending) or
  /// largest (descending) element, an empty array undefined, a missing path null. Throws BadValue
  /// (parallel arrays).
  /// What is known besides the fields is taken as it is known at the moment of the call.
  std::string key(bson::View document, const bson::StringOrder* collation = nullptr) const;

 private:
  std::vector<Part> parts_;
  std::vector<Path> paths_;  ///< of parts_, split
  DocumentMetadata* metadata_;
};

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// A path into a change's event, followed in the log entry itself where that holds the same values:
// most events are asked about and few are wanted, so they are not built for the question.
#pragma once

#include <string>
#include <string_view>

#include "query/path.h"
#include "stream/change.h"

namespace freshet::stream {

/// Immutable. Knows events without images: the fullDocument of an insert or a replacement, not what
/// a lookup would find.
class EventPath {
 public:
  explicit EventPath(std::string_view dotted);

  /// False when visit() needs the event of the change.
  bool reads_entry() const { return source_ != Source::Event; }

  /// Calls visit(ValueView) for every value under the path, arrays opened. `event` is looked at
  /// only when reads_entry() is false. Requires: `change` is of a document.
  template <typename Visit>
  void visit(const Change& change, bson::View event, Visit&& visit) const {
    const auto each = [&visit](bson::ValueView value, std::size_t) {
      visit(value);
      return false;
    };
    const bson::View document = source_ == Source::Event ? event : document_of(change);
    if (!document.empty()) query::visit_path(path_, document, query::LeafArrays::Open, each);
  }

  /// What "$path" is in an expression: an array, whatever stands in it, where the path leads
  /// through one. `event` as for visit(). Requires: `change` is of a document.
  bson::ValueView expression_value(const Change& change, bson::View event) const;

 private:
  enum class Source : std::uint8_t { Event, FullDocument, DocumentKey };

  /// What path_ leads into; empty when the event has no such field.
  bson::View document_of(const Change& change) const;

  Source source_;
  query::Path path_;
};

}  // namespace freshet::stream

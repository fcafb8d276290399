// SPDX-License-Identifier: Apache-2.0
#include "stream/event_path.h"

#include "query/path.h"

namespace freshet::stream {
namespace {

constexpr std::string_view kFullDocument = "fullDocument.";
constexpr std::string_view kDocumentKey = "documentKey.";
constexpr std::string_view kId = "_id";

}  // namespace

EventPath::EventPath(std::string_view dotted) : source_(Source::Event), path_(dotted) {
  if (dotted.starts_with(kFullDocument)) {
    source_ = Source::FullDocument;
    path_ = query::Path(dotted.substr(kFullDocument.size()));
  } else if (dotted.starts_with(kDocumentKey)) {
    const std::string_view rest = dotted.substr(kDocumentKey.size());
    // The key of an insert is its document's _id; other fields of the document are not in it.
    if (!query::is_path_prefix(kId, rest)) return;
    source_ = Source::DocumentKey;
    path_ = query::Path(rest);
  }
}

bson::ValueView EventPath::expression_value(const Change& change, bson::View event) const {
  bson::View document = source_ == Source::Event ? event : document_of(change);
  bson::ValueView value;
  for (std::size_t i = 0; i < path_.size(); ++i) {
    if (document.empty()) return {};
    value = document[path_.part(i)];
    if (value.is_array()) return value;
    const bool last = i + 1 == path_.size();
    if (!last) document = value.is_document() ? value.as_document() : bson::View();
  }
  return value;
}

bson::View EventPath::document_of(const Change& change) const {
  switch (change.kind) {
    case ChangeKind::Insert:
      return change.op.o;
    case ChangeKind::Replace:
      return source_ == Source::FullDocument ? change.op.o : change.op.o2.as_document();
    case ChangeKind::Update:
      return source_ == Source::FullDocument ? bson::View() : change.op.o2.as_document();
    case ChangeKind::Delete:
      return source_ == Source::FullDocument ? bson::View() : change.op.o;
    default:
      return {};
  }
}

}  // namespace freshet::stream

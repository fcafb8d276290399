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

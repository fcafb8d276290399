// SPDX-License-Identifier: Apache-2.0
// For stages that hold documents back: what {$meta: …} shows of each is kept with it.
#pragma once

#include <string>

#include "bson/view.h"
#include "query/document_metadata.h"

namespace freshet::pipeline {

/// Leaves documents as they are where no stage reads metadata. Not thread-safe.
class KeptMetadata {
 public:
  /// `metadata` outlives it; null: there is none.
  explicit KeptMetadata(query::DocumentMetadata* metadata) : metadata_(metadata) {}

  /// The document as it should be held. Lives as long as `document`, and until the next call.
  bson::View pack(bson::View document);
  /// The document again, out of what was held; what is known of it is set.
  bson::View unpack(bson::View held) const;

 private:
  bool needed() const { return metadata_ != nullptr && metadata_->wants_any(); }

  query::DocumentMetadata* metadata_;
  std::string packed_;
};

}  // namespace freshet::pipeline

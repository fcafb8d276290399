// SPDX-License-Identifier: Apache-2.0
// A running pipeline: stages chained by ownership, documents pulled one at a time from the last.
#pragma once

#include <memory>
#include <optional>

#include "bson/view.h"

namespace freshet {
class Operation;
}
namespace freshet::bson {
class Builder;
}
namespace freshet::storage {
class Reader;
}

namespace freshet::pipeline {

/// One stage at work; belongs to one cursor. Not thread-safe. A leaf (a scan, a stream) has no
/// source.
class Stage {
 public:
  Stage() = default;
  explicit Stage(std::unique_ptr<Stage> source) : source_(std::move(source)) {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  /// The next document, or nothing at the end (asking again is allowed and gives nothing again,
  /// except from tailable sources). The view lives until the next call of any method. Throws what
  /// evaluation throws; after a throw the pipeline may only be destroyed.
  virtual std::optional<bson::View> next(Operation& op) = 0;

  /// Between batches: gives up iterators, keeps its position. Nothing is called between save() and
  /// restore().
  virtual void save() {
    if (source_) source_->save();
  }
  /// Continues on another snapshot, which must stay alive until the next save().
  virtual void restore(const storage::Reader& reader) {
    if (source_) source_->restore(reader);
  }

  /// Appends this stage to the array that is open in `out`, its source first: {"$limit": 5}.
  virtual void explain(bson::Builder& out) const {
    if (source_) source_->explain(out);
  }

 protected:
  Stage& source() { return *source_; }
  const Stage* source_or_null() const { return source_.get(); }

 private:
  std::unique_ptr<Stage> source_;
};

using StagePtr = std::unique_ptr<Stage>;

}  // namespace freshet::pipeline

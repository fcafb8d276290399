// SPDX-License-Identifier: Apache-2.0
// The leaves of a plan: where records come from. Every leaf keeps its last key, so that a batch can
// end anywhere and go on over another snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "catalog/definitions.h"
#include "collection/record.h"
#include "pipeline/examine_counts.h"
#include "pipeline/plan/stage_text.h"

namespace freshet {
class Operation;
}
namespace freshet::storage {
class Reader;
}

namespace freshet::pipeline {

using collection::RecordId;

/// The view lives until the next call of the source it came from.
struct Record {
  RecordId id;
  bson::View document;
};

/// Not thread-safe. Must be restored to a reader before its first next().
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// The next record, or nothing at the end of what the reader sees; asking again after a restore()
  /// may give more.
  virtual std::optional<Record> next(Operation& op) = 0;
  /// Gives up iterators and keeps the position.
  virtual void save() = 0;
  /// Continues on `reader`, which stays alive until the next save() or destruction.
  virtual void restore(const storage::Reader& reader) = 0;
  /// Writes its stage, with the stages beneath.
  virtual void explain(StageText& out) const = 0;
  virtual ExamineCounts examined() const = 0;
  /// True when it is sure to end after one record at most.
  virtual bool is_short() const { return false; }
  /// The key of the index that led to the record which next() gave last, as a document of paths
  /// and values; empty when none did. `document` is that record's whole document.
  virtual std::string index_key(bson::View document) const {
    static_cast<void>(document);
    return {};
  }
  /// Adds the indexes it reads.
  virtual void add_indexes(std::vector<catalog::IndexPtr>& out) const { static_cast<void>(out); }
};

using RecordSourcePtr = std::unique_ptr<RecordSource>;

}  // namespace freshet::pipeline

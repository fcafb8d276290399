// SPDX-License-Identifier: Apache-2.0
// A planned query between batches: the running pipeline and what it stands on.
#pragma once

#include <cstdint>
#include <memory>

#include "pipeline/examine_counts.h"
#include "pipeline/stage.h"

namespace freshet::pipeline {

/// Owns a chain of stages and everything they borrow (contexts, parsed filters, access to other
/// collections). The planner implements it, a cursor drives it. Not thread-safe; different threads
/// may use it one after the other.
class Execution {
 public:
  virtual ~Execution() = default;

  /// The last stage of the chain. Ready to be pulled after construction, on the reader that the
  /// planner opened; from the first save() on each batch begins with a restore().
  virtual Stage& root() = 0;

  virtual ExamineCounts examined() const { return {}; }

  /// Points everything that evaluates at the running command; null between batches.
  virtual void set_operation(Operation* op) = 0;

  /// The moment that the next batch reads: a new snapshot, or the one and same reader inside
  /// transactions and snapshot reads. Shared, because it must stay alive until the next save().
  virtual std::shared_ptr<const storage::Reader> open_reader() = 0;
};

}  // namespace freshet::pipeline

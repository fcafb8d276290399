// SPDX-License-Identifier: Apache-2.0
// A planned query as the source of a cursor: pulls documents, gives up its snapshot between
// batches.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cursor/source.h"
#include "pipeline/execution.h"

namespace freshet::cursor {

/// How a query cursor behaves at the end of its data.
struct TailOptions {
  bool tailable = false;
  bool await_data = false;
  /// A cursor whose first batch looked at no record has no place to go on from: it ends.
  bool needs_position = false;
  /// Wakes the waker when something may have become visible behind `reader`'s position. Needed for
  /// await_data.
  std::function<void(const storage::Reader& reader, const WakerPtr& waker)> subscribe;
};

class QuerySource final : public Source {
 public:
  /// `reader` is the moment the execution was planned on; the first batch reads it. `limit`: the
  /// cursor closes with that many documents, without another look (0: unlimited).
  QuerySource(std::unique_ptr<pipeline::Execution> execution,
              std::shared_ptr<const storage::Reader> reader, TailOptions tail = {},
              std::int64_t limit = 0);
  ~QuerySource() override;

  FillResult fill(Batch& batch, Operation& op) override;
  bool tailable() const override { return tail_.tailable; }
  bool await_data() const override { return tail_.await_data; }
  void subscribe(const WakerPtr& waker) override;
  pipeline::ExamineCounts examined() const override { return execution_->examined(); }

 private:
  void note_given();
  FillResult pull(Batch& batch, Operation& op);

  // Shared: the snapshot a batch reads belongs to the store and to other readers too.
  std::shared_ptr<const storage::Reader> reader_;
  std::unique_ptr<pipeline::Execution> execution_;
  TailOptions tail_;
  std::string left_over_;  // a document that did not fit into the last batch
  bool saved_ = false;
  bool exhausted_ = false;
  const std::int64_t limit_;
  std::int64_t given_ = 0;
};

}  // namespace freshet::cursor

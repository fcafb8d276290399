// SPDX-License-Identifier: Apache-2.0
// Fills indexes that are being built with the documents that were there before, and makes them
// ready, while reads and writes go on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/operation.h"
#include "base/wait.h"
#include "catalog/ddl.h"
#include "collection/data.h"

namespace freshet::collection {

/// Works on what start_build() or start_unique() published; takes it back when it is destroyed
/// before it was done. One thread at a time.
class IndexFill {
 public:
  /// Requires: `data` outlives it; `build.indexes` is not empty.
  IndexFill(Data& data, catalog::StartedBuild build);
  ~IndexFill();
  IndexFill(const IndexFill&) = delete;
  IndexFill& operator=(const IndexFill&) = delete;

  enum class [[nodiscard]] Step : std::uint8_t{
      Done,  ///< result() says what came of it
      More,  ///< step again
      Wait,  ///< somebody is in the way: wait(), then step again
  };
  /// One commit's worth; tells its progress to `op`. Throws DuplicateKey (11000),
  /// CannotIndexParallelArrays (171), IndexBuildAborted (276) and others, what `op` is told to end
  /// with too; it may only be destroyed then.
  Step step(Operation& op);
  /// Requires: the last step gave Wait. Wakes `waker` when it may go on.
  void wait(WakerPtr waker);

  /// Requires: Done.
  const catalog::FinishedBuild& result() const { return finished_; }

 private:
  struct Reached {
    RecordId next;
    std::int64_t documents;
  };

  Step fill(Operation& op);
  Step finish(Operation& op);
  std::optional<Reached> chunk(WriteUnit& unit, Operation& op);
  catalog::CollectionPtr current(const WriteUnit& unit) const;
  std::vector<std::pair<RecordId, std::string>> read(
      WriteUnit& unit, const catalog::CollectionDefinition& collection);
  std::optional<Reached> in_the_way(WriteUnit& unit, WriteStatus status);
  void take_back() noexcept;

  Data& data_;
  const catalog::StartedBuild build_;
  RecordId next_ = kRecordIdMin;
  std::int64_t filled_ = 0;
  bool at_end_ = false;  // of the collection, as of the chunk being filled
  bool filled_all_ = false;
  std::string conflict_key_;  // empty: nobody is in the way
  catalog::FinishedBuild finished_;
};

/// Steps until it is done, waiting where it has to. For workers.
catalog::FinishedBuild fill_indexes(Data& data, Operation& op, catalog::StartedBuild build);

}  // namespace freshet::collection

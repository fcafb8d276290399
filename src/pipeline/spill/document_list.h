// SPDX-License-Identifier: Apache-2.0
// Documents in the order they came, to be read again, in memory as long as they fit and in a
// temporary file beyond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "pipeline/spill/spill_area.h"
#include "pipeline/spill/stage_memory.h"

namespace freshet::pipeline {

/// Not thread-safe.
class DocumentList {
 public:
  DocumentList(std::string_view stage, const SpillPolicy& policy)
      : policy_(policy), memory_(stage, policy) {}

  void add(bson::View document);
  std::size_t size() const { return documents_.size() + offsets_.size(); }
  /// Borrows from `buffer` or from the list: lives until either changes.
  bson::View at(std::size_t index, std::string& buffer) const;
  void clear();

 private:
  void spill(bson::View document);

  const SpillPolicy policy_;
  StageMemory memory_;
  std::vector<std::string> documents_;  // the first ones
  std::unique_ptr<SpillFile> file_;     // the others
  std::vector<std::uint64_t> offsets_;  // where each of them begins
};

}  // namespace freshet::pipeline

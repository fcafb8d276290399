// SPDX-License-Identifier: Apache-2.0
// What a read sees when it is not the latest moment of each batch.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// One moment, read whatever is committed meanwhile: a snapshot that was asked for by time, or what
/// a transaction sees.
struct FixedView {
  std::shared_ptr<const storage::Reader> reader;  // shared: a cursor keeps it between batches
  catalog::StatePtr catalog;
  std::optional<SteadyTime> readable_until =
      std::nullopt;  ///< absence: as long as the cursor lives
};

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// What collections ask of the log: a minimum age of all of it, and how long their own pre-images
// are shown.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "oplog/entry.h"
#include "oplog/image_policy.h"
#include "oplog/retention.h"

namespace freshet::catalog {

/// The longest that any collection asks for.
oplog::MinimumAge minimum_age(const CatalogState& state);

/// Which pre-images are young enough to be shown. Thread-safe.
class ImageAges {
 public:
  /// Requires: all references outlive this.
  ImageAges(const oplog::ImagePolicy& policy, const Catalog& catalog, const Clock& clock)
      : policy_(policy), catalog_(catalog), clock_(clock) {}

  /// May the entry's pre-image still be shown?
  bool shows(const oplog::EntryView& entry) const;

  /// Images of changes before this wall time are hidden, whose ever they are; 0: none are.
  std::int64_t oldest_wall_ms() const;
  /// The same for one collection alone; 0: it asks for nothing of its own.
  std::int64_t oldest_wall_ms(const CollectionDefinition& collection) const;

 private:
  const oplog::ImagePolicy& policy_;
  const Catalog& catalog_;
  const Clock& clock_;
};

}  // namespace freshet::catalog

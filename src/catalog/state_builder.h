// SPDX-License-Identifier: Apache-2.0
// Makes a catalog state out of another one and some changes. What did not change is shared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace freshet::catalog {

/// Not thread-safe; used once.
class StateBuilder {
 public:
  /// From nothing: only local.oplog.rs.
  StateBuilder();
  explicit StateBuilder(const CatalogState& base);
  ~StateBuilder();

  /// Adds a definition, or puts it in the place of the one with its id (whatever its name was).
  void put(CollectionPtr definition);
  void remove(std::uint64_t id);
  /// The state, for publishing as of `position` (which its maker may set later).
  std::shared_ptr<CatalogState> finish();
  static void set_position(CatalogState& state, storage::Position position) {
    state.position_ = position;
  }

 private:
  std::vector<CollectionPtr>& changed(const std::string& db);

  std::shared_ptr<CatalogState> state_;
  std::map<std::string, std::vector<CollectionPtr>> changed_;
};

}  // namespace freshet::catalog

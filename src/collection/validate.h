// SPDX-License-Identifier: Apache-2.0
// Do documents and indexes agree, and does the log fold into the documents? For the validate
// command and for crash tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/operation.h"
#include "catalog/catalog.h"
#include "catalog/definitions.h"
#include "storage/store.h"

namespace freshet::collection {

struct ValidateResult {
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
  std::map<std::string, std::int64_t> keys_per_index;
  std::vector<std::string> errors;  ///< at most kErrorsMax
  static constexpr std::size_t kErrorsMax = 100;

  bool valid() const { return errors.empty(); }
};

/// Walks documents and indexes of one collection as `reader` sees them. `op` may be null.
ValidateResult validate(const storage::Reader& reader,
                        const catalog::CollectionDefinition& collection, Operation* op);

/// Folds the log from its beginning and compares with the documents of every collection in
/// `state`. Says what differs; empty when they agree. Requires: the log was never truncated and
/// nobody writes.
std::vector<std::string> compare_log_with_documents(storage::Store& store,
                                                    const storage::Reader& reader,
                                                    const catalog::CatalogState& state);

}  // namespace freshet::collection

// SPDX-License-Identifier: Apache-2.0
// Do documents and indexes agree, and does the log fold into the documents? For the validate
// command and for crash tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/operation.h"
#include "catalog/catalog.h"
#include "catalog/definitions.h"
#include "storage/store.h"

namespace freshet::collection {

/// An entry that should be in an index and is not, or the other way round.
struct WrongEntry {
  std::string index;
  std::uint64_t record = 0;
  std::string id;   ///< {_id: …}; empty when there is no such record
  std::string key;  ///< field names and values; empty when they are not known
};

struct ValidateResult {
  std::int64_t documents = 0;
  std::int64_t invalid_documents = 0;
  std::int64_t bytes = 0;
  std::map<std::string, std::int64_t> keys_per_index;
  std::set<std::string> wrong_indexes;
  std::vector<std::string> errors;       ///< at most kErrorsMax, as each of the next two
  std::vector<WrongEntry> missing_keys;  ///< of documents
  std::vector<WrongEntry> extra_keys;    ///< of no document
  static constexpr std::size_t kErrorsMax = 100;

  bool valid() const { return errors.empty(); }
};

/// Walks documents and indexes of one collection as `reader` sees them: every document is well
/// formed and has its keys, with what the keys do not tell, in every index; no index has others;
/// and what is noted of the shape of the keys is true. `op` may be null.
ValidateResult validate(const storage::Reader& reader,
                        const catalog::CollectionDefinition& collection, Operation* op);

/// Folds the log from its beginning and compares with the documents of every collection in
/// `state`. Says what differs; empty when they agree. Requires: the log was never truncated and
/// nobody writes.
std::vector<std::string> compare_log_with_documents(storage::Store& store,
                                                    const storage::Reader& reader,
                                                    const catalog::CatalogState& state);

}  // namespace freshet::collection

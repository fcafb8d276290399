// SPDX-License-Identifier: Apache-2.0
// Why an index that is being built cannot get ready: a writer committed something that it cannot
// hold. The write stands, the build fails, whichever of the two came first.
#pragma once

#include <optional>

#include "base/error.h"
#include "catalog/definitions.h"
#include "storage/commit/transaction.h"

namespace freshet::catalog {

/// Leaves word with the writer's commit. Held also when somebody did so before.
commit::HoldOutcome note_build_failure(commit::Transaction& transaction,
                                       const IndexDefinition& index, const Error& why);

/// What was left, as `reader` sees it.
std::optional<Error> build_failure(const storage::Reader& reader, const IndexDefinition& index);

/// While held, no writer can leave word: for the commit that makes the index ready.
commit::HoldOutcome hold_build_failure(commit::Transaction& transaction,
                                       const IndexDefinition& index);

}  // namespace freshet::catalog

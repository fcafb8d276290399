// SPDX-License-Identifier: Apache-2.0
// Value: BSON {code: int32, message: string, extra?: document}.
#include "catalog/build_failure.h"

#include <string>

#include "bson/builder.h"
#include "catalog/stored.h"

namespace freshet::catalog {
namespace {

std::string failure_key(const IndexDefinition& index) {
  return stored_key(StoredKey::BuildFailure, index.id);
}

}  // namespace

commit::HoldOutcome note_build_failure(commit::Transaction& transaction,
                                       const IndexDefinition& index, const Error& why) {
  if (transaction.get(kCatalogSpace, failure_key(index))) return commit::HoldOutcome::Held;
  bson::Builder note;
  note.add("code", static_cast<std::int32_t>(why.code())).add("message", why.message());
  if (!why.extra().empty()) note.add("extra", bson::View(why.extra()));
  return transaction.put(kCatalogSpace, failure_key(index), note.take());
}

std::optional<Error> build_failure(const storage::Reader& reader, const IndexDefinition& index) {
  const auto stored = reader.get(kCatalogSpace, failure_key(index));
  if (!stored) return std::nullopt;
  const bson::View note(*stored);
  Error error(static_cast<ErrorCode>(note["code"].as_int32()),
              std::string(note["message"].as_string()));
  if (const bson::Element extra = note["extra"]) error.with_extra(extra.as_document().to_string());
  return error;
}

commit::HoldOutcome hold_build_failure(commit::Transaction& transaction,
                                       const IndexDefinition& index) {
  return transaction.hold(kCatalogSpace, failure_key(index));
}

}  // namespace freshet::catalog

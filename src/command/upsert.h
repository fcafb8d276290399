// SPDX-License-Identifier: Apache-2.0
// The insert of an update that matched nothing.
#pragma once

#include <string>

#include "collection/data.h"
#include "command/write_batch.h"
#include "pipeline/plan/statement_records.h"
#include "query/update.h"

namespace freshet::command {

struct [[nodiscard]] UpsertOutcome {
  StatementStatus status;
  std::string id;        ///< {_id: …}
  std::string document;  ///< what was inserted
};

/// Used once.
class Upsert {
 public:
  Upsert(collection::Data& data, collection::WriteUnit& unit, catalog::CollectionPtr collection,
         collection::WriteContext context)
      : data_(data),
        unit_(unit),
        collection_(std::move(collection)),
        context_(std::move(context)) {}

  /// Changed also when somebody inserted a document in between that the filter matches: the update
  /// is to be tried again. Throws DuplicateKey when another document is in the way.
  UpsertOutcome insert(const query::Update& update, const pipeline::StatementRecords& records);

 private:
  bool now_matches(const collection::DuplicateKey& duplicate,
                   const pipeline::StatementRecords& records) const;

  collection::Data& data_;
  collection::WriteUnit& unit_;
  catalog::CollectionPtr collection_;
  const collection::WriteContext context_;
};

}  // namespace freshet::command

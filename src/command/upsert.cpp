// SPDX-License-Identifier: Apache-2.0
#include "command/upsert.h"

#include "bson/builder.h"
#include "collection/insert_form.h"

namespace freshet::command {

UpsertOutcome Upsert::insert(const query::Update& update,
                             const pipeline::StatementRecords& records) {
  const std::string wanted = update.upsert_document(records.filter(), records.context());
  std::string document = collection::prepare_insert(bson::View(wanted), data_.object_ids(),
                                                    data_.commits().applied().timestamp());
  collection::Writer writer(unit_, collection_, context_);
  const collection::WriteOutcome outcome = writer.insert(bson::View(document));
  switch (outcome.status) {
    case collection::WriteStatus::Conflict:
      return {StatementStatus::Conflict, {}, {}};
    case collection::WriteStatus::Changed:
      return {StatementStatus::Changed, {}, {}};
    case collection::WriteStatus::DuplicateKey:
      if (now_matches(*outcome.duplicate, records)) return {StatementStatus::Changed, {}, {}};
      collection::raise_duplicate_key(*collection_, *outcome.duplicate);
    case collection::WriteStatus::Done:
      break;
  }
  bson::Builder id;
  id.add(bson::View(document)["_id"]);
  return {StatementStatus::Done, id.take(), std::move(document)};
}

// The holder of the key may have come after our search; a newer search will find it then.
bool Upsert::now_matches(const collection::DuplicateKey& duplicate,
                         const pipeline::StatementRecords& records) const {
  const std::shared_ptr<const storage::Snapshot> latest =
      data_.commits().snapshot(commit::ReadPoint::Latest);
  if (latest->position() <= unit_.transaction().position()) return false;
  const auto document =
      collection::get_document(*latest, data_.store(), *collection_, duplicate.holder);
  return document && records.filter().matches(bson::View(*document));
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
#include "command/update_statement.h"

#include <utility>

#include "bson/builder.h"
#include "collection/data.h"
#include "command/plan_services.h"
#include "command/upsert.h"

namespace freshet::command {

using pipeline::PickedRecord;

void check_statement(const UpdateStatement& statement) {
  if (!statement.update.is_document() && !statement.update.is_array()) {
    raise(ErrorCode::FailedToParse, "Update argument must be either an object or an array");
  }
  if (statement.multi && !statement.sort.empty()) {
    raise(ErrorCode::FailedToParse, "Cannot specify sort with multi=true");
  }
  if (!statement.constants.empty() && !statement.update.is_array()) {
    raise(location(51198), "Constant values may only be specified for pipeline updates");
  }
}

StatementStatus UpdateRunner::run(const StatementScope& scope,
                                  collection::StatementResult& result) {
  const catalog::CollectionPtr collection = target_of(scope);
  if (!records_) open(scope, collection);
  if (statement_.multi) return run_many(scope, collection, result);
  const std::optional<PickedRecord> record =
      collection ? records_->pick_first(scope.unit, collection, scope.context.op) : std::nullopt;
  if (!record) return finish_unmatched(scope, collection, result);
  return apply(scope, collection, *record, result);
}

void UpdateRunner::open(const StatementScope& scope, const catalog::CollectionPtr& collection) {
  let_of_statement_ = merged_let();
  records_.emplace(plan_services(scope.context.services),
                   pipeline::StatementSpec{.filter = statement_.filter,
                                           .sort = statement_.sort,
                                           .collation = statement_.collation,
                                           .collation_given = statement_.collation_given,
                                           .hint = statement_.hint,
                                           .let = bson::View(let_of_statement_)},
                   collection, scope.context.op);
  update_.emplace(statement_.update, statement_.array_filters, records_->context(),
                  statement_.upsert);
  if (statement_.multi && update_->form() == query::Update::Form::Replacement) {
    raise(ErrorCode::FailedToParse, "multi update is not supported for replacement-style update");
  }
}

// A statement's constants stand over the command's variables.
std::string UpdateRunner::merged_let() const {
  bson::Builder out;
  for (const bson::Element& element : let_) {
    if (!statement_.constants[element.name()]) out.add(element);
  }
  for (const bson::Element& element : statement_.constants) {
    out.open_document(element.name()).add("$literal", element.value()).close();
  }
  return out.take();
}

StatementStatus UpdateRunner::apply(const StatementScope& scope,
                                    const catalog::CollectionPtr& collection,
                                    const PickedRecord& record,
                                    collection::StatementResult& result) {
  const bson::View before(record.document);
  const query::UpdateOutcome outcome = update_->apply(before, record.details, records_->context());
  if (!outcome.changed) {
    result.n += 1;
    return StatementStatus::Done;
  }
  collection::Writer writer(scope.unit, collection, scope.write_context());
  const StatementStatus status = settle(writer.update(record.id, before, outcome), *collection);
  if (status != StatementStatus::Done) return status;
  result.n += 1;
  result.n_modified += 1;
  return StatementStatus::Done;
}

StatementStatus UpdateRunner::run_many(const StatementScope& scope,
                                       const catalog::CollectionPtr& collection,
                                       collection::StatementResult& result) {
  if (!collection) return finish_unmatched(scope, collection, result);
  if (failed_) throw *std::exchange(failed_, std::nullopt);
  const commit::Transaction& transaction = scope.unit.transaction();
  const bool alone = !scope.in_transaction;  // what is done may be committed in portions
  if (alone && records_->needs_fresh_unit() && !transaction.empty()) return StatementStatus::More;
  while (const std::optional<PickedRecord> record =
             records_->pick_next(scope.unit, collection, scope.context.op)) {
    const collection::WriteUnit::Savepoint before = scope.unit.savepoint();
    const StatementStatus status = apply_guarded(scope, collection, *record, result);
    if (failed_) {
      scope.unit.rollback_to(before);
      if (result.n > 0) return StatementStatus::More;
      throw *std::exchange(failed_, std::nullopt);
    }
    if (status != StatementStatus::Done) {
      // What the statement has done so far stands; this record comes again.
      scope.unit.rollback_to(before);
      records_->put_back(record->id);
      return alone && result.n > 0 ? StatementStatus::More : status;
    }
    matched_any_ = true;
    if (alone && (portion_is_full(scope.context.services.limits, transaction) ||
                  records_->needs_fresh_unit())) {
      return StatementStatus::More;
    }
  }
  if (!matched_any_) return finish_unmatched(scope, collection, result);
  return StatementStatus::Done;
}

// An error at one record ends the statement, but what it did to others before stands.
StatementStatus UpdateRunner::apply_guarded(const StatementScope& scope,
                                            const catalog::CollectionPtr& collection,
                                            const PickedRecord& record,
                                            collection::StatementResult& result) {
  try {
    return apply(scope, collection, record, result);
  } catch (const Error& error) {
    failed_ = error;
    return StatementStatus::Done;
  }
}

StatementStatus UpdateRunner::finish_unmatched(const StatementScope& scope,
                                               const catalog::CollectionPtr& collection,
                                               collection::StatementResult& result) {
  if (!statement_.upsert) return StatementStatus::Done;
  collection::Data& data = scope.context.services.data;
  const catalog::CollectionPtr target = collection ? collection : ensure_target(scope);
  if (!target) {
    records_.reset();
    return StatementStatus::Changed;
  }
  Upsert upsert(data, scope.unit, target, scope.write_context());
  UpsertOutcome outcome = upsert.insert(*update_, *records_);
  if (outcome.status != StatementStatus::Done) {
    records_.reset();  // somebody may have inserted what was not there: it is searched again
    return outcome.status;
  }
  result.n = 1;
  result.upserted = std::move(outcome.id);
  return StatementStatus::Done;
}

}  // namespace freshet::command

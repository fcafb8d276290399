// SPDX-License-Identifier: Apache-2.0
#include "command/delete_statement.h"

#include "command/plan_services.h"

namespace freshet::command {
namespace {

using pipeline::PickedRecord;

StatementStatus remove(const StatementScope& scope, const catalog::CollectionPtr& collection,
                       const PickedRecord& record, collection::StatementResult& result) {
  collection::Writer writer(scope.unit, collection, scope.write_context());
  const StatementStatus status =
      settle(writer.remove(record.id, bson::View(record.document)), *collection);
  if (status == StatementStatus::Done) result.n += 1;
  return status;
}

}  // namespace

StatementStatus DeleteRunner::run(const StatementScope& scope,
                                  collection::StatementResult& result) {
  const catalog::CollectionPtr collection = target_of(scope);
  if (!records_) open(scope, collection);
  if (!collection) return StatementStatus::Done;
  if (statement_.multi) return run_many(scope, collection, result);
  const std::optional<PickedRecord> record =
      records_->pick_first(scope.unit, collection, scope.context.op);
  return record ? remove(scope, collection, *record, result) : StatementStatus::Done;
}

// Also without a collection: a filter that cannot be parsed is an error all the same.
void DeleteRunner::open(const StatementScope& scope, const catalog::CollectionPtr& collection) {
  records_.emplace(plan_services(scope.context.services),
                   pipeline::StatementSpec{.filter = statement_.filter,
                                           .collation = statement_.collation,
                                           .collation_given = statement_.collation_given,
                                           .hint = statement_.hint,
                                           .let = let_},
                   collection, scope.context.op);
}

StatementStatus DeleteRunner::run_many(const StatementScope& scope,
                                       const catalog::CollectionPtr& collection,
                                       collection::StatementResult& result) {
  const commit::Transaction& transaction = scope.unit.transaction();
  const bool alone = !scope.in_transaction;  // what is done may be committed in portions
  if (alone && records_->needs_fresh_unit() && !transaction.empty()) return StatementStatus::More;
  while (const std::optional<PickedRecord> record =
             records_->pick_next(scope.unit, collection, scope.context.op)) {
    const collection::WriteUnit::Savepoint before = scope.unit.savepoint();
    const StatementStatus status = remove(scope, collection, *record, result);
    if (status != StatementStatus::Done) {
      scope.unit.rollback_to(before);
      records_->put_back(record->id);
      return alone && result.n > 0 ? StatementStatus::More : status;
    }
    if (alone && (portion_is_full(scope.context.services.limits, transaction) ||
                  records_->needs_fresh_unit())) {
      return StatementStatus::More;
    }
  }
  return StatementStatus::Done;
}

}  // namespace freshet::command

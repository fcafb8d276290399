// SPDX-License-Identifier: Apache-2.0
// delete: statements that remove the first or all matching documents.
#include <memory>
#include <utility>

#include "collection/data.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/metrics.h"
#include "command/plan_services.h"
#include "command/write_batch.h"
#include "pipeline/plan/statement_records.h"

namespace freshet::command {
namespace {

using pipeline::PickedRecord;
using pipeline::StatementRecords;

struct DeleteArguments : BatchArguments {
  bson::View let;
};

constexpr Argument<DeleteArguments> kArguments[] = {
    {"deletes", [](DeleteArguments&, const Field&) {}},
    {"ordered", [](DeleteArguments& a, const Field& f) { a.ordered = f.boolean(); }},
    {"let", [](DeleteArguments& a, const Field& f) { a.let = f.object(); }},
    {"bypassDocumentValidation",
     [](DeleteArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"stmtIds", [](DeleteArguments& a, const Field& f) { a.stmt_ids = read_stmt_ids(f); }},
};

struct Statement {
  bson::View q;
  bool has_q = false;
  std::int64_t limit = -1;
  bson::View collation;
  bool collation_given = false;
  bson::ValueView hint;
};

constexpr Argument<Statement> kStatement[] = {
    {"q",
     [](Statement& s, const Field& f) {
       s.q = f.object();
       s.has_q = true;
     }},
    {"limit", [](Statement& s, const Field& f) { s.limit = f.integer(); }},
    {"collation",
     [](Statement& s, const Field& f) {
       s.collation = f.object();
       s.collation_given = !s.collation.empty();
     }},
    {"hint", [](Statement& s, const Field& f) { s.hint = read_hint(f); }},
};

Statement read_statement(bson::View document) {
  Statement out;
  read_arguments("delete.deletes", document, kStatement, out, false);
  if (!out.has_q) raise_missing_field("delete.deletes", "q");
  if (out.limit == -1) raise_missing_field("delete.deletes", "limit");
  if (out.limit != 0 && out.limit != 1) {
    raise(ErrorCode::FailedToParse, "The limit field in delete objects must be 0 or 1. Got {}",
          out.limit);
  }
  return out;
}

class DeleteBatch final : public WriteBatch {
 public:
  DeleteBatch(CommandContext& context, const DeleteArguments& arguments,
              std::vector<Statement> statements)
      : WriteBatch(context, arguments, statements.size()),
        statements_(std::move(statements)),
        let_(arguments.let) {}

 private:
  StatementStatus execute(CommandContext& context, std::size_t index,
                          collection::StatementResult& result) override {
    const catalog::CollectionPtr collection = unit().catalog().find(ns());
    if (collection && collection->is_view()) {
      raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
            ns().full());
    }
    if (current_ != index || !records_) open_statement(context, index, collection);
    if (!collection) return StatementStatus::Done;
    if (statements_[index].limit == 0) return execute_many(context, index, collection, result);
    const std::optional<PickedRecord> record = records_->pick_first(unit(), collection, context.op);
    return record ? remove(context, index, collection, *record, result) : StatementStatus::Done;
  }

  void open_statement(CommandContext& context, std::size_t index,
                      const catalog::CollectionPtr& collection) {
    const Statement& statement = statements_[index];
    current_ = index;
    records_.reset();
    records_.emplace(plan_services(context.services),
                     pipeline::StatementSpec{.filter = statement.q,
                                             .collation = statement.collation,
                                             .collation_given = statement.collation_given,
                                             .hint = statement.hint,
                                             .let = let_},
                     collection, context.op);
  }

  StatementStatus remove(CommandContext& context, std::size_t index,
                         const catalog::CollectionPtr& collection, const PickedRecord& record,
                         collection::StatementResult& result) {
    collection::Writer writer(unit(), collection, write_context(context, index));
    const collection::WriteOutcome written = writer.remove(record.id, bson::View(record.document));
    if (written.status == collection::WriteStatus::Conflict) return StatementStatus::Conflict;
    if (written.status == collection::WriteStatus::Changed) return StatementStatus::Changed;
    result.n += 1;
    return StatementStatus::Done;
  }

  StatementStatus execute_many(CommandContext& context, std::size_t index,
                               const catalog::CollectionPtr& collection,
                               collection::StatementResult& result) {
    if (records_->needs_fresh_unit() && !unit().transaction().empty()) return StatementStatus::More;
    while (std::optional<PickedRecord> record =
               records_->pick_next(unit(), collection, context.op)) {
      const collection::WriteUnit::Savepoint before = unit().savepoint();
      const StatementStatus status = remove(context, index, collection, *record, result);
      if (status != StatementStatus::Done) {
        unit().rollback_to(before);
        records_->put_back(record->id);
        return result.n > 0 ? StatementStatus::More : status;
      }
      const commit::Transaction& transaction = unit().transaction();
      const bool full = transaction.entries() >= 1000 || transaction.bytes() >= std::size_t{4}
                                                                                    << 20;
      if (full || records_->needs_fresh_unit()) return StatementStatus::More;
    }
    return StatementStatus::Done;
  }

  void rewind() override {
    if (records_) records_->rewind();
  }
  void keep() override {
    if (records_) records_->keep();
  }

  void append_reply(bson::Builder& reply) override {
    std::int32_t n = 0;
    for (const Outcome& outcome : outcomes())
      n += outcome.result.n;
    reply.add("n", n);
  }

  const std::vector<Statement> statements_;
  const bson::View let_;
  std::size_t current_ = static_cast<std::size_t>(-1);
  std::optional<StatementRecords> records_;
};

}  // namespace

std::unique_ptr<Work> start_delete(CommandContext& context) {
  DeleteArguments arguments;
  arguments.ns = context.collection_namespace();
  read_arguments("delete", context.body, kArguments, arguments);
  std::vector<Statement> statements;
  for (const bson::View document : context.documents("deletes"))
    statements.push_back(read_statement(document));
  context.services.metrics.deletes.add(static_cast<std::int64_t>(statements.size()));
  if (context.txn_number) {
    for (const Statement& statement : statements) {
      if (statement.limit == 0)
        raise(ErrorCode::InvalidOptions, "Cannot use retryable writes with limit=0");
    }
  }
  return std::make_unique<DeleteBatch>(context, arguments, std::move(statements));
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// update: statements that change, replace or upsert documents.
#include "query/update.h"

#include <memory>
#include <utility>

#include "collection/data.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/metrics.h"
#include "command/plan_services.h"
#include "command/upsert.h"
#include "command/write_batch.h"
#include "pipeline/plan/statement_records.h"

namespace freshet::command {
namespace {

using pipeline::PickedRecord;
using pipeline::StatementRecords;

struct UpdateArguments : BatchArguments {
  bson::View let;
};

constexpr Argument<UpdateArguments> kArguments[] = {
    {"updates", [](UpdateArguments&, const Field&) {}},
    {"ordered", [](UpdateArguments& a, const Field& f) { a.ordered = f.boolean(); }},
    {"bypassDocumentValidation",
     [](UpdateArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"let", [](UpdateArguments& a, const Field& f) { a.let = f.object(); }},
    {"stmtIds", [](UpdateArguments& a, const Field& f) { a.stmt_ids = read_stmt_ids(f); }},
};

struct Statement {
  bson::View q;
  bool has_q = false;
  bson::ValueView u;
  bson::View c;
  bson::View array_filters;
  bson::View collation;
  bool collation_given = false;
  bson::View sort;
  bson::ValueView hint;
  bool multi = false;
  bool upsert = false;
};

constexpr Argument<Statement> kStatement[] = {
    {"q",
     [](Statement& s, const Field& f) {
       s.q = f.object();
       s.has_q = true;
     }},
    {"u", [](Statement& s, const Field& f) { s.u = f.element(); }},
    {"c", [](Statement& s, const Field& f) { s.c = f.object(); }},
    {"arrayFilters", [](Statement& s, const Field& f) { s.array_filters = f.array(); }},
    {"collation",
     [](Statement& s, const Field& f) {
       s.collation = f.object();
       s.collation_given = !s.collation.empty();
     }},
    {"sort", [](Statement& s, const Field& f) { s.sort = f.object(); }},
    {"hint", [](Statement& s, const Field& f) { s.hint = read_hint(f); }},
    {"multi", [](Statement& s, const Field& f) { s.multi = f.boolean(); }},
    {"upsert", [](Statement& s, const Field& f) { s.upsert = f.boolean(); }},
};

Statement read_statement(bson::View document) {
  Statement out;
  read_arguments("update.updates", document, kStatement, out, false);
  if (!out.has_q) raise_missing_field("update.updates", "q");
  if (out.u.missing()) raise_missing_field("update.updates", "u");
  if (out.multi && !out.sort.empty()) {
    raise(ErrorCode::FailedToParse, "Cannot specify sort with multi=true");
  }
  if (!out.c.empty() && !out.u.is_array()) {
    raise(location(51198), "Constant values may only be specified for pipeline updates");
  }
  return out;
}

class UpdateBatch final : public WriteBatch {
 public:
  UpdateBatch(CommandContext& context, const UpdateArguments& arguments,
              std::vector<Statement> statements)
      : WriteBatch(context, arguments, statements.size()),
        statements_(std::move(statements)),
        let_(arguments.let) {}

 private:
  StatementStatus execute(CommandContext& context, std::size_t index,
                          collection::StatementResult& result) override {
    const Statement& statement = statements_[index];
    const catalog::CollectionPtr collection = unit().catalog().find(ns());
    if (collection && collection->is_view()) {
      raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
            ns().full());
    }
    if (current_ != index || !records_) open_statement(context, index, collection);
    if (statement.multi) return execute_many(context, index, collection, result);
    std::optional<PickedRecord> record =
        collection ? records_->pick_first(unit(), collection, context.op) : std::nullopt;
    if (!record) return finish_unmatched(context, index, collection, result);
    return apply(context, index, collection, *record, result);
  }

  void open_statement(CommandContext& context, std::size_t index,
                      const catalog::CollectionPtr& collection) {
    const Statement& statement = statements_[index];
    current_ = index;
    matched_any_ = false;
    records_.reset();
    update_.reset();
    let_of_statement_ = merged_let(statement);
    records_.emplace(plan_services(context.services),
                     pipeline::StatementSpec{.filter = statement.q,
                                             .sort = statement.sort,
                                             .collation = statement.collation,
                                             .collation_given = statement.collation_given,
                                             .hint = statement.hint,
                                             .let = bson::View(let_of_statement_)},
                     collection, context.op);
    update_.emplace(statement.u, statement.array_filters, records_->context(), statement.upsert);
    if (statement.multi && update_->form() == query::Update::Form::Replacement) {
      raise(ErrorCode::FailedToParse, "multi update is not supported for replacement-style update");
    }
  }

  // A statement's constants stand over the command's variables.
  std::string merged_let(const Statement& statement) const {
    bson::Builder out;
    for (const bson::Element& element : let_) {
      if (!statement.c[element.name()]) out.add(element);
    }
    for (const bson::Element& element : statement.c) {
      out.open_document(element.name()).add("$literal", element.value()).close();
    }
    return out.take();
  }

  StatementStatus apply(CommandContext& context, std::size_t index,
                        const catalog::CollectionPtr& collection, const PickedRecord& record,
                        collection::StatementResult& result) {
    const bson::View before(record.document);
    const query::UpdateOutcome outcome =
        update_->apply(before, record.details, records_->context());
    if (!outcome.changed) {
      result.n += 1;
      return StatementStatus::Done;
    }
    collection::Writer writer(unit(), collection, write_context(context, index));
    const collection::WriteOutcome written = writer.update(record.id, before, outcome);
    if (written.status == collection::WriteStatus::Conflict) return StatementStatus::Conflict;
    if (written.status == collection::WriteStatus::Changed) return StatementStatus::Changed;
    if (written.duplicate) collection::raise_duplicate_key(*collection, *written.duplicate);
    result.n += 1;
    result.n_modified += 1;
    return StatementStatus::Done;
  }

  StatementStatus execute_many(CommandContext& context, std::size_t index,
                               const catalog::CollectionPtr& collection,
                               collection::StatementResult& result) {
    if (!collection) return finish_unmatched(context, index, collection, result);
    if (failed_) throw *std::exchange(failed_, std::nullopt);
    if (records_->needs_fresh_unit() && !unit().transaction().empty()) return StatementStatus::More;
    while (std::optional<PickedRecord> record =
               records_->pick_next(unit(), collection, context.op)) {
      const collection::WriteUnit::Savepoint before = unit().savepoint();
      const StatementStatus status = apply_guarded(context, index, collection, *record, result);
      if (failed_) {
        unit().rollback_to(before);
        if (result.n > 0) return StatementStatus::More;
        throw *std::exchange(failed_, std::nullopt);
      }
      if (status != StatementStatus::Done) {
        // What the statement has done so far stands; this record comes again.
        unit().rollback_to(before);
        records_->put_back(record->id);
        return result.n > 0 ? StatementStatus::More : status;
      }
      matched_any_ = true;
      if (portion_is_full() || records_->needs_fresh_unit()) return StatementStatus::More;
    }
    if (!matched_any_) return finish_unmatched(context, index, collection, result);
    return StatementStatus::Done;
  }

  // An error at one record ends the statement, but what it did to others before stands.
  StatementStatus apply_guarded(CommandContext& context, std::size_t index,
                                const catalog::CollectionPtr& collection,
                                const PickedRecord& record, collection::StatementResult& result) {
    try {
      return apply(context, index, collection, record, result);
    } catch (const Error& error) {
      failed_ = error;
      return StatementStatus::Done;
    }
  }

  bool portion_is_full() {
    return unit().transaction().entries() >= 1000 || unit().transaction().bytes() >= std::size_t{4}
                                                                                         << 20;
  }

  StatementStatus finish_unmatched(CommandContext& context, std::size_t index,
                                   const catalog::CollectionPtr& collection,
                                   collection::StatementResult& result) {
    if (!statements_[index].upsert) return StatementStatus::Done;
    if (!collection) {
      context.services.data.ddl().ensure_collection(ns());
      return StatementStatus::Changed;
    }
    Upsert upsert(context.services.data, unit(), collection, write_context(context, index));
    const UpsertOutcome outcome = upsert.insert(*update_, *records_);
    if (outcome.status != StatementStatus::Done) return outcome.status;
    result.n = 1;
    result.upserted = outcome.id;
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
    std::int32_t n_modified = 0;
    for (const Outcome& outcome : outcomes()) {
      n += outcome.result.n;
      n_modified += outcome.result.n_modified;
    }
    reply.add("n", n);
    append_upserted(reply);
    reply.add("nModified", n_modified);
  }

  void append_upserted(bson::Builder& reply) const {
    bool open = false;
    for (const Outcome& outcome : outcomes()) {
      if (!outcome.result.upserted) continue;
      if (!std::exchange(open, true)) reply.open_array("upserted");
      reply.push_document().add("index", static_cast<std::int32_t>(outcome.index));
      reply.add_all(bson::View(*outcome.result.upserted)).close();
    }
    if (open) reply.close();
  }

  const std::vector<Statement> statements_;
  const bson::View let_;
  std::size_t current_ = static_cast<std::size_t>(-1);
  std::string let_of_statement_;
  std::optional<StatementRecords> records_;
  std::optional<query::Update> update_;
  bool matched_any_ = false;
  std::optional<Error> failed_;  // to be thrown once what stands is committed
};

}  // namespace

std::unique_ptr<Work> start_update(CommandContext& context) {
  UpdateArguments arguments;
  arguments.ns = context.collection_namespace();
  read_arguments("update", context.body, kArguments, arguments);
  std::vector<Statement> statements;
  for (const bson::View document : context.documents("updates"))
    statements.push_back(read_statement(document));
  context.services.metrics.updates.add(static_cast<std::int64_t>(statements.size()));
  if (context.txn_number) {
    for (const Statement& statement : statements) {
      if (statement.multi) {
        raise(ErrorCode::InvalidOptions, "Cannot use retryable writes with multi=true");
      }
    }
  }
  return std::make_unique<UpdateBatch>(context, arguments, std::move(statements));
}

}  // namespace freshet::command

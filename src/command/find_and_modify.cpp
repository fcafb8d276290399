// SPDX-License-Identifier: Apache-2.0
// findAndModify: changes or removes one document and returns it as it was or as it is.
#include <memory>
#include <optional>
#include <utility>

#include "collection/data.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/command_unit.h"
#include "command/commands.h"
#include "command/metrics.h"
#include "command/plan_services.h"
#include "command/upsert.h"
#include "command/write_batch.h"
#include "pipeline/plan/statement_records.h"
#include "query/projection.h"
#include "query/update.h"

namespace freshet::command {
namespace {

using pipeline::PickedRecord;
using pipeline::StatementRecords;

struct ModifyArguments {
  model::Namespace ns;
  bool bypass_validation = false;
  bson::View query;
  bson::View sort;
  bson::View fields;
  bson::ValueView update;
  bson::View array_filters;
  bson::View collation;
  bool collation_given = false;
  bson::ValueView hint;
  bson::View let;
  bool remove = false;
  bool return_new = false;
  bool upsert = false;
};

constexpr Argument<ModifyArguments> kArguments[] = {
    {"query", [](ModifyArguments& a, const Field& f) { a.query = f.object(); }},
    {"sort", [](ModifyArguments& a, const Field& f) { a.sort = f.object(); }},
    {"fields", [](ModifyArguments& a, const Field& f) { a.fields = f.object(); }},
    {"update",
     [](ModifyArguments& a, const Field& f) {
       if (!f.element().is_document() && !f.element().is_array()) {
         raise(ErrorCode::FailedToParse, "Update argument must be either an object or an array");
       }
       a.update = f.element();
     }},
    {"remove", [](ModifyArguments& a, const Field& f) { a.remove = f.boolean(); }},
    {"new", [](ModifyArguments& a, const Field& f) { a.return_new = f.boolean(); }},
    {"upsert", [](ModifyArguments& a, const Field& f) { a.upsert = f.boolean(); }},
    {"bypassDocumentValidation",
     [](ModifyArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"arrayFilters",
     [](ModifyArguments& a, const Field& f) { a.array_filters = f.array_of_objects(); }},
    {"collation",
     [](ModifyArguments& a, const Field& f) {
       a.collation = f.object();
       a.collation_given = !a.collation.empty();
     }},
    {"hint", [](ModifyArguments& a, const Field& f) { a.hint = read_hint(f); }},
    {"let", [](ModifyArguments& a, const Field& f) { a.let = f.object(); }},
};

void check(const ModifyArguments& a) {
  const bool has_update = !a.update.missing();
  if (a.remove && has_update)
    raise(ErrorCode::FailedToParse, "Cannot specify both an update and remove=true");
  if (!a.remove && !has_update)
    raise(ErrorCode::FailedToParse, "Either an update or remove=true must be specified");
  if (a.remove && a.upsert)
    raise(ErrorCode::FailedToParse, "Cannot specify both upsert=true and remove=true");
  if (a.remove && a.return_new) {
    raise(ErrorCode::FailedToParse,
          "Cannot specify both new=true and remove=true; 'remove' always returns the deleted "
          "document");
  }
  if (a.remove && !a.array_filters.empty()) {
    raise(ErrorCode::FailedToParse, "Cannot specify arrayFilters and remove=true");
  }
}

// A batch of one statement whose errors are the command's own.
class FindAndModify final : public Work {
 public:
  FindAndModify(CommandContext& context, ModifyArguments arguments)
      : arguments_(std::move(arguments)) {
    check_documents_writable(context, arguments_.ns);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    for (;;) {
      context.op.check();
      begin(context);
      if (answer_from_record(context, reply)) return Progress::Done;
      result_ = {.n = 0};
      const StatementStatus status = execute(context);
      const bool in_the_way =
          status == StatementStatus::Conflict || status == StatementStatus::Changed;
      if (in_the_way && !unit_.is_own()) raise_write_conflict();
      if (status == StatementStatus::Conflict) return Progress::Parked;
      if (status == StatementStatus::Changed) continue;
      if (!commit(context)) continue;
      note(context);
      append(reply, result_);
      return Progress::Done;
    }
  }

  Park park(CommandContext& context) override {
    return Park{.subscribe =
                    [this](const WakerPtr& waker) {
                      unit_->transaction().wait_for_conflict(waker);
                      unit_.drop();  // who waits holds nothing
                    },
                .deadline = context.op.deadline()};
  }

 private:
  void begin(CommandContext& context) {
    record_.reset();
    records_.reset();
    unit_.begin(context);
    if (context.is_retryable_write())
      record_.emplace(unit_->transaction(), *context.session, *context.txn_number);
  }

  bool answer_from_record(CommandContext& context, bson::Builder& reply) const {
    const auto before = record_ ? record_->find(0) : std::nullopt;
    if (!before) return false;
    if (!before->value) {
      raise(location(40606),
            "the statement was executed before by another command than findAndModify");
    }
    context.services.metrics.retried_statements.add();
    append(reply, *before);
    reply.add("retriedStmtId", std::int32_t{0});
    return true;
  }

  collection::WriteContext write_context(const CommandContext& context) const {
    collection::WriteContext out = context.services.data.write_context();
    out.bypass_validation = arguments_.bypass_validation;
    if (context.is_retryable_write()) {
      out.lsid = context.session;
      out.txn_number = *context.txn_number;
      out.stmt_id = 0;
    }
    return out;
  }

  StatementStatus execute(CommandContext& context) {
    const catalog::CollectionPtr collection = unit_->catalog().find(arguments_.ns);
    if (collection && collection->is_view()) {
      raise(ErrorCode::CommandNotSupportedOnView, "findAndModify not supported on a view");
    }
    if (collection && context.transaction) check_writable_in_transaction(*collection);
    if (collection) context.used = collection->runtime;
    records_.emplace(plan_services(context.services),
                     pipeline::StatementSpec{.filter = arguments_.query,
                                             .sort = arguments_.sort,
                                             .collation = arguments_.collation,
                                             .collation_given = arguments_.collation_given,
                                             .hint = arguments_.hint,
                                             .let = arguments_.let},
                     collection, context.op);
    if (!arguments_.remove) {
      update_.emplace(arguments_.update, arguments_.array_filters, records_->context(),
                      arguments_.upsert);
    }
    const std::optional<PickedRecord> record =
        collection ? records_->pick_first(*unit_, collection, context.op) : std::nullopt;
    if (!record) return arguments_.upsert ? upsert(context, collection) : unmatched();
    return arguments_.remove ? remove(context, collection, *record)
                             : update(context, collection, *record);
  }

  StatementStatus unmatched() {
    set_value(std::nullopt);
    return StatementStatus::Done;
  }

  StatementStatus status_of(const collection::WriteOutcome& outcome,
                            const catalog::CollectionPtr& collection) const {
    if (outcome.status == collection::WriteStatus::Conflict) return StatementStatus::Conflict;
    if (outcome.status == collection::WriteStatus::Changed) return StatementStatus::Changed;
    if (outcome.duplicate) collection::raise_duplicate_key(*collection, *outcome.duplicate);
    return StatementStatus::Done;
  }

  StatementStatus remove(CommandContext& context, const catalog::CollectionPtr& collection,
                         const PickedRecord& record) {
    set_value(bson::View(record.document));
    collection::Writer writer(*unit_, collection, write_context(context));
    result_.n = 1;
    return status_of(writer.remove(record.id, bson::View(record.document)), collection);
  }

  StatementStatus update(CommandContext& context, const catalog::CollectionPtr& collection,
                         const PickedRecord& record) {
    const bson::View before(record.document);
    const query::UpdateOutcome outcome =
        update_->apply(before, record.details, records_->context());
    const bool show_new = arguments_.return_new && outcome.changed;
    set_value(show_new ? bson::View(outcome.document) : before);
    result_.n = 1;
    if (!outcome.changed) return StatementStatus::Done;
    result_.n_modified = 1;
    collection::Writer writer(*unit_, collection, write_context(context));
    return status_of(writer.update(record.id, before, outcome), collection);
  }

  StatementStatus upsert(CommandContext& context, const catalog::CollectionPtr& collection) {
    catalog::CollectionPtr target = collection;
    if (!target && context.transaction) {
      target = context.transaction->create_collection(arguments_.ns, bson::View());
    }
    if (!target) {
      context.services.data.ddl().ensure_collection(arguments_.ns);
      return StatementStatus::Changed;
    }
    Upsert upsert(context.services.data, *unit_, target, write_context(context));
    UpsertOutcome outcome = upsert.insert(*update_, *records_);
    if (outcome.status != StatementStatus::Done) return outcome.status;
    result_.n = 1;
    result_.upserted = std::move(outcome.id);
    set_value(arguments_.return_new ? std::optional(bson::View(outcome.document)) : std::nullopt);
    return StatementStatus::Done;
  }

  void set_value(std::optional<bson::View> document) {
    bson::Builder value;
    if (!document) {
      value.add_null("value");
    } else if (arguments_.fields.empty()) {
      value.add("value", *document);
    } else {
      const query::Projection projection(arguments_.fields, query::ProjectionKind::Find,
                                         records_->context(), &records_->filter());
      value.add("value", bson::View(projection.apply(*document, records_->context())));
    }
    result_.value = value.take();
  }

  bool commit(CommandContext& context) {
    if (record_) {
      record_->add(0, result_);
      if (record_->save(context.services.clock.wall_ms()) != commit::HoldOutcome::Held)
        return false;
    }
    if (!unit_.is_own() || unit_->transaction().empty()) return true;
    const commit::CommitResult result = unit_->commit();
    if (result.status == commit::CommitStatus::StaleCatalog) return false;
    if (result.status != commit::CommitStatus::Committed) raise_commit_failure(result.status);
    context.operation_time = result.position;
    context.durable_position = result.position;
    return true;
  }

  void note(CommandContext& context) const {
    if (arguments_.remove) {
      context.counts.deleted = result_.n;
      context.services.metrics.documents_deleted.add(result_.n);
      return;
    }
    context.counts.matched = result_.n;
    context.counts.modified = result_.n_modified;
    context.services.metrics.documents_updated.add(result_.n_modified);
  }

  void append(bson::Builder& reply, const collection::StatementResult& result) const {
    reply.open_document("lastErrorObject").add("n", result.n);
    if (!arguments_.remove) {
      reply.add("updatedExisting", result.n > 0 && !result.upserted);
      if (result.upserted) reply.add("upserted", bson::View(*result.upserted)["_id"].value());
    }
    reply.close();
    reply.add_all(bson::View(*result.value));
  }

  const ModifyArguments arguments_;
  CommandUnit unit_;
  std::optional<collection::RetryRecord> record_;
  std::optional<StatementRecords> records_;
  std::optional<query::Update> update_;
  collection::StatementResult result_;
};

}  // namespace

std::unique_ptr<Work> start_find_and_modify(CommandContext& context) {
  ModifyArguments arguments;
  arguments.ns = context.collection_namespace();
  read_arguments("findAndModify", context.body, kArguments, arguments);
  check(arguments);
  context.services.metrics.updates.add(arguments.remove ? 0 : 1);
  context.services.metrics.deletes.add(arguments.remove ? 1 : 0);
  return std::make_unique<FindAndModify>(context, std::move(arguments));
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// bulkWrite: inserts, updates and deletes in several collections, one after the other.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/bulk_operations.h"
#include "command/commands.h"
#include "command/cursor_reply.h"
#include "command/delete_statement.h"
#include "command/insert_statement.h"
#include "command/metrics.h"
#include "command/update_statement.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

struct BulkWriteArguments : BatchArguments {
  bson::View let;
  bool errors_only = false;
  std::optional<std::int64_t> batch_size;
};

constexpr Argument<BulkWriteArguments> kArguments[] = {
    {"ops", [](BulkWriteArguments&, const Field&) {}},
    {"nsInfo", [](BulkWriteArguments&, const Field&) {}},
    {"ordered", [](BulkWriteArguments& a, const Field& f) { a.ordered = f.strict_boolean(); }},
    {"bypassDocumentValidation",
     [](BulkWriteArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"errorsOnly",
     [](BulkWriteArguments& a, const Field& f) { a.errors_only = f.strict_boolean(); }},
    {"let", [](BulkWriteArguments& a, const Field& f) { a.let = f.object(); }},
    {"cursor",
     [](BulkWriteArguments& a, const Field& f) { a.batch_size = read_cursor_batch_size(f); }},
    {"stmtIds", [](BulkWriteArguments& a, const Field& f) { a.stmt_ids = read_stmt_ids(f); }},
};

// What the reply counts, over all operations.
struct Totals {
  std::int32_t errors = 0;
  std::int32_t inserted = 0;
  std::int32_t matched = 0;
  std::int32_t modified = 0;
  std::int32_t upserted = 0;
  std::int32_t deleted = 0;
};

class BulkWrite final : public WriteBatch {
 public:
  BulkWrite(CommandContext& context, BulkWriteArguments arguments, BulkOperations operations)
      : WriteBatch(context, arguments, operations.list.size()),
        arguments_(std::move(arguments)),
        operations_(std::move(operations)) {}

 private:
  StatementStatus execute(CommandContext& context, std::size_t index,
                          collection::StatementResult& result) override {
    const BulkOperation& operation = operations_.list[index];
    const StatementScope at = scope(context, operations_.namespaces[operation.ns], index);
    if (operation.kind == BulkOperation::Kind::Insert) {
      if (inserting_ != operation.ns) inserter_.unit_ended();
      inserting_ = operation.ns;
      return inserter_.run(at, operation.document, result);
    }
    if (current_ != index) {
      updater_.reset();
      deleter_.reset();
      current_ = index;
    }
    if (operation.kind == BulkOperation::Kind::Update) {
      if (!updater_) updater_.emplace(operation.update, arguments_.let);
      return updater_->run(at, result);
    }
    if (!deleter_) deleter_.emplace(operation.remove, arguments_.let);
    return deleter_->run(at, result);
  }

  void rewind() override {
    inserter_.unit_ended();
    if (updater_) updater_->rewind();
    if (deleter_) deleter_->rewind();
  }
  void keep() override {
    inserter_.unit_ended();
    if (updater_) updater_->keep();
    if (deleter_) deleter_->keep();
  }

  void append_reply(CommandContext& context, bson::Builder& reply) override {
    Totals totals;
    std::vector<std::string> results = collect(totals);
    note(context, totals);
    append_documents_cursor(context, reply, model::Namespace::command_cursor("admin", "bulkWrite"),
                            std::move(results), arguments_.batch_size);
    reply.add("nErrors", totals.errors).add("nInserted", totals.inserted);
    reply.add("nMatched", totals.matched).add("nModified", totals.modified);
    reply.add("nUpserted", totals.upserted).add("nDeleted", totals.deleted);
  }

  static void note(CommandContext& context, const Totals& totals) {
    context.counts.inserted = totals.inserted;
    context.counts.matched = totals.matched;
    context.counts.modified = totals.modified;
    context.counts.deleted = totals.deleted;
    Metrics& metrics = context.services.metrics;
    metrics.documents_inserted.add(totals.inserted + totals.upserted);
    metrics.documents_updated.add(totals.modified);
    metrics.documents_deleted.add(totals.deleted);
  }

  // One document per operation that was tried, in order; counts them too.
  std::vector<std::string> collect(Totals& totals) const {
    std::vector<std::string> out;
    auto done = outcomes().begin();
    auto failed = failures().begin();
    for (std::size_t index = 0; index < operations_.list.size(); ++index) {
      collection::StatementResult sum{.n = 0};
      bool any = false;
      for (; done != outcomes().end() && done->index == index; ++done) {
        sum.n += done->result.n;
        sum.n_modified += done->result.n_modified;
        if (done->result.upserted) sum.upserted = done->result.upserted;
        any = true;
      }
      const bool error = failed != failures().end() && failed->index == index;
      if (!any && !error) continue;
      count(operations_.list[index].kind, sum, totals);
      if (error) {
        ++totals.errors;
        out.push_back(error_result(*failed++, operations_.list[index].kind, sum));
      } else if (!arguments_.errors_only) {
        out.push_back(result(index, operations_.list[index].kind, sum));
      }
    }
    return out;
  }

  static void count(BulkOperation::Kind kind, const collection::StatementResult& sum,
                    Totals& totals) {
    if (kind == BulkOperation::Kind::Insert) totals.inserted += sum.n;
    if (kind == BulkOperation::Kind::Delete) totals.deleted += sum.n;
    if (kind != BulkOperation::Kind::Update) return;
    totals.modified += sum.n_modified;
    (sum.upserted ? totals.upserted : totals.matched) += sum.n;
  }

  static std::string result(std::size_t index, BulkOperation::Kind kind,
                            const collection::StatementResult& sum) {
    bson::Builder out;
    out.add("ok", 1.0).add("idx", static_cast<std::int32_t>(index)).add("n", sum.n);
    if (kind == BulkOperation::Kind::Update) out.add("nModified", sum.n_modified);
    if (sum.upserted) out.add("upserted", bson::View(*sum.upserted));
    return out.take();
  }

  static std::string error_result(const Failure& failure, BulkOperation::Kind kind,
                                  const collection::StatementResult& sum) {
    bson::Builder out;
    out.add("ok", 0.0).add("idx", static_cast<std::int32_t>(failure.index));
    out.add("code", static_cast<std::int32_t>(failure.error.code()));
    out.add("errmsg", failure.error.message());
    if (!failure.error.extra().empty()) out.add_all(bson::View(failure.error.extra()));
    out.add("n", sum.n);
    if (kind == BulkOperation::Kind::Update) out.add("nModified", sum.n_modified);
    return out.take();
  }

  const BulkWriteArguments arguments_;
  const BulkOperations operations_;
  std::size_t current_ = 0;
  std::size_t inserting_ = 0;  // the namespace of inserter_
  InsertRunner inserter_;
  std::optional<UpdateRunner> updater_;  // of operation current_
  std::optional<DeleteRunner> deleter_;  // of operation current_
};

}  // namespace

std::unique_ptr<Work> start_bulk_write(CommandContext& context) {
  BulkWriteArguments arguments;
  read_arguments("bulkWrite", context.body, kArguments, arguments);
  BulkOperations operations =
      read_bulk_operations(context.documents("ops"), context.documents("nsInfo"));
  for (const model::Namespace& ns : operations.namespaces)
    check_documents_writable(context, ns);
  Metrics& metrics = context.services.metrics;
  for (const BulkOperation& operation : operations.list) {
    if (operation.kind == BulkOperation::Kind::Insert) metrics.inserts.add();
    if (operation.kind == BulkOperation::Kind::Update) metrics.updates.add();
    if (operation.kind == BulkOperation::Kind::Delete) metrics.deletes.add();
    if (context.is_retryable_write() && operation.is_multi()) {
      raise(ErrorCode::InvalidOptions, "Cannot use retryable writes with multi=true");
    }
  }
  return std::make_unique<BulkWrite>(context, std::move(arguments), std::move(operations));
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// insert: documents into a collection, which is created when it is missing.
#include <memory>
#include <utility>

#include "collection/data.h"
#include "collection/insert_form.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/metrics.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

constexpr Argument<BatchArguments> kArguments[] = {
    {"documents", [](BatchArguments&, const Field&) {}},
    {"ordered", [](BatchArguments& a, const Field& f) { a.ordered = f.boolean(); }},
    {"bypassDocumentValidation",
     [](BatchArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"stmtIds", [](BatchArguments& a, const Field& f) { a.stmt_ids = read_stmt_ids(f); }},
    {"maxTimeMS", [](BatchArguments&, const Field&) {}},
};

class Insert final : public WriteBatch {
 public:
  Insert(CommandContext& context, BatchArguments arguments, std::vector<bson::View> documents)
      : WriteBatch(context, std::move(arguments), documents.size()),
        documents_(std::move(documents)) {}

 private:
  StatementStatus execute(CommandContext& context, std::size_t index,
                          collection::StatementResult& result) override {
    collection::Data& data = context.services.data;
    if (!writer_) {
      catalog::CollectionPtr collection = unit().catalog().find(ns());
      if (!collection) {
        data.ddl().ensure_collection(ns());
        return StatementStatus::Changed;
      }
      writer_.emplace(unit(), std::move(collection), write_context(context, index));
    }
    writer_->set_stmt_id(context.txn_number ? stmt_id(index) : -1);
    const std::string document = collection::prepare_insert(documents_[index], data.object_ids(),
                                                            data.commits().applied().timestamp());
    collection::WriteOutcome outcome = writer_->insert(bson::View(document));
    switch (outcome.status) {
      case collection::WriteStatus::Done:
        result.n = 1;
        ++pending_;
        return StatementStatus::Done;
      case collection::WriteStatus::DuplicateKey:
        collection::raise_duplicate_key(*unit().catalog().find(ns()), *outcome.duplicate);
      case collection::WriteStatus::Conflict:
        return StatementStatus::Conflict;
      case collection::WriteStatus::Changed:
        return StatementStatus::Changed;
    }
    return StatementStatus::Changed;
  }

  void rewind() override {
    writer_.reset();
    pending_ = 0;
  }

  void keep() override {
    writer_.reset();
    pending_ = 0;
  }

  void append_reply(bson::Builder& reply) override {
    std::int32_t n = 0;
    for (const Outcome& outcome : outcomes())
      n += outcome.result.n;
    reply.add("n", n);
  }

  const std::vector<bson::View> documents_;
  std::optional<collection::Writer> writer_;
  std::int64_t pending_ = 0;
};

}  // namespace

std::unique_ptr<Work> start_insert(CommandContext& context) {
  BatchArguments arguments;
  arguments.ns = context.collection_namespace();
  read_arguments("insert", context.body, kArguments, arguments);
  std::vector<bson::View> documents = context.documents("documents");
  context.services.metrics.inserts.add(static_cast<std::int64_t>(documents.size()));
  return std::make_unique<Insert>(context, std::move(arguments), std::move(documents));
}

}  // namespace freshet::command

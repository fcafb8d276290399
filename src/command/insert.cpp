// SPDX-License-Identifier: Apache-2.0
// insert: documents into a collection, which is created when it is missing.
#include <memory>
#include <utility>

#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/insert_statement.h"
#include "command/metrics.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

struct InsertArguments : BatchArguments {
  model::Namespace ns;
};

constexpr Argument<InsertArguments> kArguments[] = {
    {"documents", [](InsertArguments&, const Field&) {}},
    {"ordered", [](InsertArguments& a, const Field& f) { a.ordered = f.strict_boolean(); }},
    {"bypassDocumentValidation",
     [](InsertArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"stmtId", [](InsertArguments& a, const Field& f) { a.stmt_id = read_stmt_id(f); }},
    {"stmtIds", [](InsertArguments& a, const Field& f) { a.stmt_ids = read_stmt_ids(f); }},
};

class InsertBatch final : public WriteBatch {
 public:
  InsertBatch(CommandContext& context, InsertArguments arguments, std::vector<bson::View> documents)
      : WriteBatch(context, arguments, documents.size()),
        ns_(std::move(arguments.ns)),
        documents_(std::move(documents)) {}

 private:
  StatementStatus execute(CommandContext& context, std::size_t index,
                          collection::StatementResult& result) override {
    return runner_.run(scope(context, ns_, index), documents_[index], result);
  }

  void rewind() override { runner_.unit_ended(); }
  void keep() override { runner_.unit_ended(); }

  void append_reply(CommandContext& context, bson::Builder& reply) override {
    std::int32_t n = 0;
    for (const Outcome& outcome : outcomes())
      n += outcome.result.n;
    context.counts.inserted = n;
    context.services.metrics.documents_inserted.add(n);
    reply.add("n", n);
    append_write_errors(reply);
  }

  const model::Namespace ns_;
  const std::vector<bson::View> documents_;
  InsertRunner runner_;
};

}  // namespace

std::unique_ptr<Work> start_insert(CommandContext& context) {
  InsertArguments arguments;
  arguments.ns = context.collection_namespace(ErrorCode::BadValue);
  check_documents_writable(context, arguments.ns);
  read_arguments("insert", context.body, kArguments, arguments);
  std::vector<bson::View> documents = context.documents("documents");
  context.services.metrics.inserts.add(static_cast<std::int64_t>(documents.size()));
  return std::make_unique<InsertBatch>(context, std::move(arguments), std::move(documents));
}

}  // namespace freshet::command

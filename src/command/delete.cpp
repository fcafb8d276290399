// SPDX-License-Identifier: Apache-2.0
// delete: statements that remove the first or all matching documents.
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/delete_statement.h"
#include "command/metrics.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

struct DeleteArguments : BatchArguments {
  model::Namespace ns;
  bson::View let;
};

constexpr Argument<DeleteArguments> kArguments[] = {
    {"deletes", [](DeleteArguments&, const Field&) {}},
    {"ordered", [](DeleteArguments& a, const Field& f) { a.ordered = f.strict_boolean(); }},
    {"let", [](DeleteArguments& a, const Field& f) { a.let = f.object(); }},
    // Taken by every write command; a delete validates nothing.
    {"bypassDocumentValidation",
     [](DeleteArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"stmtIds", [](DeleteArguments& a, const Field& f) { a.stmt_ids = read_stmt_ids(f); }},
};

constexpr Argument<DeleteStatement> kStatement[] = {
    {"q", [](DeleteStatement& s, const Field& f) { s.filter = f.object(); }},
    {"limit", [](DeleteStatement&, const Field&) {}},
    {"collation",
     [](DeleteStatement& s, const Field& f) {
       s.collation = f.object();
       s.collation_given = !s.collation.empty();
     }},
    {"hint", [](DeleteStatement& s, const Field& f) { s.hint = read_hint(f); }},
};

// Whatever is no number counts as 0, as in MongoDB: only 0 and 1 mean something.
bool deletes_all(const bson::Element& limit) {
  const bool one = limit.type() == bson::Type::Bool && limit.as_bool();
  const double number = limit.is_number() ? limit.number_as_double() : (one ? 1.0 : 0.0);
  if (number != 0 && number != 1) {
    raise(ErrorCode::FailedToParse, "The limit field in delete objects must be 0 or 1. Got {}",
          number);
  }
  return number == 0;
}

DeleteStatement read_statement(bson::View document) {
  DeleteStatement out;
  read_arguments("delete.deletes", document, kStatement, out, false);
  require_fields("delete.deletes", document, {"q"});
  const bson::Element limit = document["limit"];
  if (!limit) raise_missing_field("delete.deletes", "limit");
  out.multi = deletes_all(limit);
  return out;
}

class DeleteBatch final : public WriteBatch {
 public:
  DeleteBatch(CommandContext& context, DeleteArguments arguments,
              std::vector<DeleteStatement> statements)
      : WriteBatch(context, arguments, statements.size()),
        ns_(std::move(arguments.ns)),
        let_(arguments.let),
        statements_(std::move(statements)) {}

 private:
  StatementStatus execute(CommandContext& context, std::size_t index,
                          collection::StatementResult& result) override {
    if (!runner_ || current_ != index) runner_.emplace(statements_[index], let_);
    current_ = index;
    return runner_->run(scope(context, ns_, index), result);
  }

  void rewind() override {
    if (runner_) runner_->rewind();
  }
  void keep() override {
    if (runner_) runner_->keep();
  }

  void append_reply(CommandContext& context, bson::Builder& reply) override {
    std::int32_t n = 0;
    for (const Outcome& outcome : outcomes())
      n += outcome.result.n;
    context.counts.deleted = n;
    context.services.metrics.documents_deleted.add(n);
    reply.add("n", n);
    append_write_errors(reply);
  }

  const model::Namespace ns_;
  const bson::View let_;
  const std::vector<DeleteStatement> statements_;
  std::size_t current_ = 0;
  std::optional<DeleteRunner> runner_;  // of statement current_
};

}  // namespace

std::unique_ptr<Work> start_delete(CommandContext& context) {
  DeleteArguments arguments;
  arguments.ns = context.collection_namespace(ErrorCode::BadValue);
  check_documents_writable(context, arguments.ns);
  read_arguments("delete", context.body, kArguments, arguments);
  std::vector<DeleteStatement> statements;
  for (const bson::View document : context.documents("deletes"))
    statements.push_back(read_statement(document));
  context.services.metrics.deletes.add(static_cast<std::int64_t>(statements.size()));
  if (context.is_retryable_write()) {
    for (const DeleteStatement& statement : statements) {
      if (statement.multi)
        raise(ErrorCode::InvalidOptions, "Cannot use retryable writes with limit=0");
    }
  }
  return std::make_unique<DeleteBatch>(context, std::move(arguments), std::move(statements));
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// update: statements that change, replace or upsert documents.
#include <memory>
#include <optional>
#include <utility>

#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/metrics.h"
#include "command/update_statement.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

struct UpdateArguments : BatchArguments {
  model::Namespace ns;
  bson::View let;
};

constexpr Argument<UpdateArguments> kArguments[] = {
    {"updates", [](UpdateArguments&, const Field&) {}},
    {"ordered", [](UpdateArguments& a, const Field& f) { a.ordered = f.strict_boolean(); }},
    {"bypassDocumentValidation",
     [](UpdateArguments& a, const Field& f) { a.bypass_validation = f.boolean(); }},
    {"let", [](UpdateArguments& a, const Field& f) { a.let = f.object(); }},
    {"stmtIds", [](UpdateArguments& a, const Field& f) { a.stmt_ids = read_stmt_ids(f); }},
};

constexpr Argument<UpdateStatement> kStatement[] = {
    {"q", [](UpdateStatement& s, const Field& f) { s.filter = f.object(); }},
    {"u", [](UpdateStatement& s, const Field& f) { s.update = f.element(); }},
    {"c", [](UpdateStatement& s, const Field& f) { s.constants = f.object(); }},
    {"arrayFilters",
     [](UpdateStatement& s, const Field& f) { s.array_filters = f.array_of_objects(); }},
    {"collation",
     [](UpdateStatement& s, const Field& f) {
       s.collation = f.object();
       s.collation_given = !s.collation.empty();
     }},
    {"sort", [](UpdateStatement& s, const Field& f) { s.sort = f.object(); }},
    {"hint", [](UpdateStatement& s, const Field& f) { s.hint = read_hint(f); }},
    {"multi", [](UpdateStatement& s, const Field& f) { s.multi = f.strict_boolean(); }},
    {"upsert", [](UpdateStatement& s, const Field& f) { s.upsert = f.strict_boolean(); }},
};

UpdateStatement read_statement(bson::View document) {
  UpdateStatement out;
  read_arguments("update.updates", document, kStatement, out, false);
  require_fields("update.updates", document, {"q"});
  if (!document["u"]) raise_missing_field("update.updates", "u");
  check_statement(out);
  return out;
}

class UpdateBatch final : public WriteBatch {
 public:
  UpdateBatch(CommandContext& context, UpdateArguments arguments,
              std::vector<UpdateStatement> statements)
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
    std::int32_t n_modified = 0;
    for (const Outcome& outcome : outcomes()) {
      n += outcome.result.n;
      n_modified += outcome.result.n_modified;
    }
    context.counts.matched = n;
    context.counts.modified = n_modified;
    context.services.metrics.documents_updated.add(n_modified);
    reply.add("n", n);
    append_upserted(reply);
    reply.add("nModified", n_modified);
    append_write_errors(reply);
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

  const model::Namespace ns_;
  const bson::View let_;
  const std::vector<UpdateStatement> statements_;
  std::size_t current_ = 0;
  std::optional<UpdateRunner> runner_;  // of statement current_
};

}  // namespace

std::unique_ptr<Work> start_update(CommandContext& context) {
  UpdateArguments arguments;
  arguments.ns = context.collection_namespace(ErrorCode::BadValue);
  check_documents_writable(context, arguments.ns);
  read_arguments("update", context.body, kArguments, arguments);
  std::vector<UpdateStatement> statements;
  for (const bson::View document : context.documents("updates"))
    statements.push_back(read_statement(document));
  context.services.metrics.updates.add(static_cast<std::int64_t>(statements.size()));
  if (context.is_retryable_write()) {
    for (const UpdateStatement& statement : statements) {
      if (statement.multi) {
        raise(ErrorCode::InvalidOptions, "Cannot use retryable writes with multi=true");
      }
    }
  }
  return std::make_unique<UpdateBatch>(context, std::move(arguments), std::move(statements));
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
#include "command/explain_write.h"

#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/plan_services.h"
#include "command/query_arguments.h"
#include "pipeline/plan/statement_records.h"
#include "query/update.h"

namespace freshet::command {
namespace {

/// The fields that select, as far as explain needs them: the commands check the rest.
struct Selection {
  model::Namespace ns;
  bson::View filter;
  bson::View sort;
  bson::View collation;
  bson::ValueView hint;
  bson::View let;
  bool many = false;
};

bson::View document_of(const bson::Element& field, std::string_view command) {
  if (field.missing()) return {};
  return Field(command, field).object();
}

Selection select(const CommandContext& context, bson::View command, bson::View from,
                 std::string_view filter_field) {
  const std::string_view name = (*command.begin()).name();
  Selection out;
  out.ns = namespace_of(context, command);
  out.filter = document_of(from[filter_field], name);
  out.sort = document_of(from["sort"], name);
  out.collation = document_of(from["collation"], name);
  out.let = document_of(command["let"], name);
  out.hint = from["hint"];
  return out;
}

bson::View only_statement(bson::View command, std::string_view list) {
  const bson::Element statements = command[list];
  if (!statements.is_array() || statements.as_document().count() != 1) {
    raise(ErrorCode::InvalidLength, "explain takes one statement in '{}'", list);
  }
  return Field(list, *statements.as_document().begin()).object();
}

pipeline::FindSpec find_spec(const Selection& selection) {
  pipeline::FindSpec spec;
  spec.ns = selection.ns;
  spec.filter = selection.filter;
  spec.sort = selection.sort;
  spec.collation = selection.collation;
  spec.collation_given = !selection.collation.empty();
  spec.hint = selection.hint;
  spec.let = selection.let;
  return spec;
}

/// How many of the selected documents an update would change: it is applied in a transaction that
/// is dropped.
std::int64_t count_changed(CommandContext& context, const Selection& selection,
                           bson::ValueView update, bson::View array_filters) {
  const collection::WriteUnit unit = context.services.data.begin();
  const catalog::CollectionPtr collection = unit.catalog().find(selection.ns);
  if (!collection || collection->is_view()) return 0;
  pipeline::StatementRecords records(plan_services(context.services),
                                     {.filter = selection.filter,
                                      .sort = selection.sort,
                                      .collation = selection.collation,
                                      .collation_given = !selection.collation.empty(),
                                      .hint = selection.hint,
                                      .let = selection.let},
                                     collection, context.op);
  const query::Update parsed(update, array_filters, records.context(), false);
  std::int64_t changed = 0;
  const auto apply = [&](const pipeline::PickedRecord& record) {
    const bson::View before(record.document);
    if (parsed.apply(before, record.details, records.context()).changed) ++changed;
  };
  if (!selection.many) {
    if (const auto record = records.pick_first(unit, collection, context.op)) apply(*record);
    return changed;
  }
  while (const auto record = records.pick_next(unit, collection, context.op))
    apply(*record);
  return changed;
}

void explain_selection(CommandContext& context, const Selection& selection, OuterStage outer,
                       Verbosity verbosity, bson::Builder& reply) {
  pipeline::FindSpec spec = find_spec(selection);
  spec.telling = telling_of(verbosity);
  if (!selection.many) outer.documents_max = 1;
  const auto plan = pipeline::plan_find(plan_services(context.services), spec, context.op);
  append_explained(context, {spec.ns, spec.filter, *plan, verbosity, std::move(outer)}, reply);
}

OuterStage deleting() {
  return {.name = "DELETE", .add_counts = [](bson::Builder& out, std::int64_t documents) {
            out.add("nWouldDelete", documents);
          }};
}

OuterStage updating(CommandContext& context, const Selection& selection, bson::ValueView update,
                    bson::View array_filters, bool upsert) {
  OuterStage outer{.name = "UPDATE"};
  outer.add_counts = [&context, selection, update, array_filters, upsert](bson::Builder& out,
                                                                          std::int64_t documents) {
    out.add("nMatched", documents);
    out.add("nWouldModify", count_changed(context, selection, update, array_filters));
    out.add("nWouldUpsert", std::int64_t{upsert && documents == 0});
  };
  return outer;
}

bson::View array_of(const bson::Element& field, std::string_view command) {
  return field.missing() ? bson::View() : Field(command, field).array();
}

}  // namespace

void explain_update(CommandContext& context, bson::View command, Verbosity verbosity,
                    bson::Builder& reply) {
  const bson::View statement = only_statement(command, "updates");
  Selection selection = select(context, command, statement, "q");
  selection.many = statement["multi"].truthy();
  explain_selection(
      context, selection,
      updating(context, selection, statement["u"], array_of(statement["arrayFilters"], "update"),
               statement["upsert"].truthy()),
      verbosity, reply);
}

void explain_delete(CommandContext& context, bson::View command, Verbosity verbosity,
                    bson::Builder& reply) {
  const bson::View statement = only_statement(command, "deletes");
  Selection selection = select(context, command, statement, "q");
  const bson::Element limit = statement["limit"];
  selection.many = limit.is_number() && limit.number_as_int64() == 0;
  explain_selection(context, selection, deleting(), verbosity, reply);
}

void explain_find_and_modify(CommandContext& context, bson::View command, Verbosity verbosity,
                             bson::Builder& reply) {
  const Selection selection = select(context, command, command, "query");
  OuterStage outer = command["remove"].truthy()
                         ? deleting()
                         : updating(context, selection, command["update"],
                                    array_of(command["arrayFilters"], "findAndModify"),
                                    command["upsert"].truthy());
  explain_selection(context, selection, std::move(outer), verbosity, reply);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// explain: how find, aggregate, count, distinct, update, delete and findAndModify would reach their
// documents.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "collection/data.h"
#include "command/aggregate_arguments.h"
#include "command/arguments.h"
#include "command/command_table.h"
#include "command/commands.h"
#include "command/find_arguments.h"
#include "command/identity.h"
#include "command/plan_services.h"

namespace freshet::command {
namespace {

enum class Verbosity : std::uint8_t { QueryPlanner, ExecutionStats, AllPlansExecution };

struct ExplainArguments {
  Verbosity verbosity = Verbosity::AllPlansExecution;
};

constexpr Argument<ExplainArguments> kArguments[] = {
    {"verbosity",
     [](ExplainArguments& a, const Field& f) {
       const std::string_view name = f.string();
       if (name == "queryPlanner") {
         a.verbosity = Verbosity::QueryPlanner;
       } else if (name == "executionStats") {
         a.verbosity = Verbosity::ExecutionStats;
       } else if (name != "allPlansExecution") {
         raise(ErrorCode::BadValue,
               "Enumeration value '{}' for field 'explain.verbosity' is not a valid value.", name);
       }
     }},
};

// The selection of an update, delete, count, distinct or findAndModify as a find.
pipeline::FindSpec selection_of(const CommandContext& context, bson::View command) {
  pipeline::FindSpec spec;
  const bson::Element first = *command.begin();
  if (!first.is_string()) raise(ErrorCode::InvalidNamespace, "collection name has invalid type");
  spec.ns = {std::string(context.db), std::string(first.as_string())};
  bson::View from = command;
  std::string_view filter = "query";
  for (const std::string_view list : {"updates", "deletes"}) {
    const bson::Element statements = command[list];
    if (!statements.is_array() || statements.as_document().count() != 1) continue;
    const bson::Element statement = *statements.as_document().begin();
    if (statement.is_document()) from = statement.as_document();
    filter = "q";
  }
  if (from[filter].is_document()) spec.filter = from[filter].as_document();
  if (from["sort"].is_document()) spec.sort = from["sort"].as_document();
  if (from["hint"]) spec.hint = from["hint"];
  if (from["collation"].is_document()) {
    spec.collation = from["collation"].as_document();
    spec.collation_given = true;
  }
  return spec;
}

void append_stats(CommandContext& context, pipeline::QueryPlan& plan, bson::Builder& reply) {
  const SteadyTime start = context.services.clock.steady();
  std::int64_t returned = 0;
  while (plan.root().next(context.op))
    ++returned;
  const auto elapsed =
      std::chrono::duration_cast<Milliseconds>(context.services.clock.steady() - start);
  const pipeline::QueryPlan::Counts counts = plan.examined();
  reply.open_document("executionStats").add("executionSuccess", true);
  reply.add("nReturned", static_cast<std::int32_t>(returned));
  reply.add("executionTimeMillis", static_cast<std::int32_t>(elapsed.count()));
  reply.add("totalKeysExamined", static_cast<std::int32_t>(counts.keys));
  reply.add("totalDocsExamined", static_cast<std::int32_t>(counts.documents));
  reply.open_document("executionStages");
  plan.explain(reply);
  reply.add("nReturned", static_cast<std::int32_t>(returned));
  reply.close().close();
}

void append_plan(CommandContext& context, const model::Namespace& ns, bson::View filter,
                 pipeline::QueryPlan& plan, Verbosity verbosity, bson::Builder& reply) {
  reply.add("explainVersion", "1");
  reply.open_document("queryPlanner").add("namespace", ns.full()).add("parsedQuery", filter);
  reply.add("indexFilterSet", false).open_document("winningPlan");
  plan.explain(reply);
  reply.close().open_array("rejectedPlans").close().close();
  if (verbosity != Verbosity::QueryPlanner) append_stats(context, plan, reply);
}

void append_server(CommandContext& context, bson::View command, bson::Builder& reply) {
  reply.add("command", command);
  const std::string& advertised = context.services.identity.advertised;
  const std::size_t colon = advertised.rfind(':');
  reply.open_document("serverInfo").add("host", std::string_view(advertised).substr(0, colon));
  reply.add("port", static_cast<std::int32_t>(std::atoi(advertised.c_str() + colon + 1)));
  reply.add("version", kClaimedVersion).add("gitVersion", "freshet").close();
}

void explain_aggregate(CommandContext& context, const AggregateArguments& arguments,
                       Verbosity verbosity, bson::Builder& reply) {
  const auto plan =
      pipeline::plan_aggregate(plan_services(context.services), arguments.spec, context.op);
  append_plan(context, arguments.spec.ns, bson::View(), *plan, verbosity, reply);
}

}  // namespace

void run_explain_aggregate(CommandContext& context, const AggregateArguments& arguments,
                           bson::Builder& reply) {
  explain_aggregate(context, arguments, Verbosity::QueryPlanner, reply);
  append_server(context, context.body, reply);
}

void run_explain(CommandContext& context, bson::Builder& reply) {
  const bson::Element first = *context.body.begin();
  const bson::View command = Field("explain", first).object();
  ExplainArguments arguments;
  read_arguments("explain", context.body, kArguments, arguments);
  if (command.empty())
    raise(ErrorCode::CommandNotFound, "Explain failed due to unknown command: ''");
  const CommandRow* row = find_command((*command.begin()).name());
  if (row == nullptr) {
    raise(ErrorCode::CommandNotFound, "Explain failed due to unknown command: {}",
          (*command.begin()).name());
  }
  if (row->name == "find") {
    const FindArguments find = read_find_arguments(context, command);
    const auto plan = pipeline::plan_find(plan_services(context.services), find.spec, context.op);
    append_plan(context, find.spec.ns, find.spec.filter, *plan, arguments.verbosity, reply);
  } else if (row->name == "aggregate") {
    explain_aggregate(context, read_aggregate_arguments(context, command), arguments.verbosity,
                      reply);
  } else if (row->name == "count" || row->name == "distinct" || row->name == "update" ||
             row->name == "delete" || row->name == "findAndModify") {
    const pipeline::FindSpec spec = selection_of(context, command);
    const auto plan = pipeline::plan_find(plan_services(context.services), spec, context.op);
    append_plan(context, spec.ns, spec.filter, *plan, arguments.verbosity, reply);
  } else {
    raise(ErrorCode::IllegalOperation, "Cannot explain cmd: {}", row->name);
  }
  append_server(context, command, reply);
}

}  // namespace freshet::command

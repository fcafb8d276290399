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
#include "command/explain_reply.h"
#include "command/explain_write.h"
#include "command/find_arguments.h"
#include "command/plan_services.h"
#include "command/query_arguments.h"

namespace freshet::command {
namespace {

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

void explain_spec(CommandContext& context, pipeline::FindSpec spec, Verbosity verbosity,
                  OuterStage outer, bson::Builder& reply) {
  spec.telling = telling_of(verbosity);
  const auto plan = pipeline::plan_find(plan_services(context.services), spec, context.op);
  append_explained(context, {spec.ns, spec.filter, *plan, verbosity, std::move(outer)}, reply);
}

void explain_find(CommandContext& context, bson::View command, Verbosity verbosity,
                  bson::Builder& reply) {
  explain_spec(context, read_find_arguments(context, command).spec, verbosity, {}, reply);
}

void explain_aggregate(CommandContext& context, const AggregateArguments& arguments,
                       Verbosity verbosity, bson::Builder& reply) {
  pipeline::AggregateSpec spec = arguments.spec;
  spec.telling = telling_of(verbosity);
  const auto plan = pipeline::plan_aggregate(plan_services(context.services), spec, context.op);
  append_explained(context, {spec.ns, plan->filter(), *plan, verbosity, {}}, reply);
}

void explain_count(CommandContext& context, bson::View command, Verbosity verbosity,
                   bson::Builder& reply) {
  const CountArguments count = read_count_arguments(context, command);
  const catalog::CollectionPtr collection =
      context.services.data.catalog().latest()->find(count.spec.ns);
  const bool known = count.spec.filter.empty() && count.spec.hint.missing() && collection &&
                     !collection->is_view();
  if (known) return append_known(count.spec.ns, "RECORD_STORE_FAST_COUNT", verbosity, reply);
  const std::int64_t skip = count.skip;
  pipeline::FindSpec spec = count.spec;
  OuterStage outer{.name = "COUNT", .documents_max = spec.limit};
  outer.add_counts = [skip](bson::Builder& out, std::int64_t documents) {
    const std::int64_t skipped = std::min(skip, documents);
    out.add("nCounted", documents - skipped).add("nSkipped", skipped);
  };
  spec.limit = 0;
  explain_spec(context, spec, verbosity, std::move(outer), reply);
}

void explain_distinct(CommandContext& context, bson::View command, Verbosity verbosity,
                      bson::Builder& reply) {
  explain_spec(context, read_distinct_arguments(context, command).spec, verbosity, {}, reply);
}

struct Explainable {
  std::string_view command;
  void (*explain)(CommandContext&, bson::View command, Verbosity, bson::Builder& reply);
};

constexpr Explainable kExplainable[] = {
    {"aggregate",
     [](CommandContext& context, bson::View command, Verbosity verbosity, bson::Builder& reply) {
       explain_aggregate(context, read_aggregate_arguments(context, command), verbosity, reply);
     }},
    {"count", explain_count},
    {"delete", explain_delete},
    {"distinct", explain_distinct},
    {"find", explain_find},
    {"findAndModify", explain_find_and_modify},
    {"update", explain_update},
};

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
  for (const Explainable& explainable : kExplainable) {
    if (explainable.command != row->name) continue;
    explainable.explain(context, command, arguments.verbosity, reply);
    return append_server(context, command, reply);
  }
  raise(ErrorCode::IllegalOperation, "Cannot explain cmd: {}", row->name);
}

}  // namespace freshet::command

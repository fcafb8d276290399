// SPDX-License-Identifier: Apache-2.0
#include "command/explain_reply.h"

#include <chrono>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/limits.h"
#include "command/identity.h"
#include "command/services.h"

namespace freshet::command {
namespace {

using pipeline::ExamineCounts;
using pipeline::StageText;

/// What running the plan came to.
struct Run {
  std::int64_t documents = 0;
  std::int64_t elapsed_ms = 0;
  bool at_end = false;
};

Run run(CommandContext& context, const Explained& explained) {
  Run out;
  const SteadyTime start = context.services.clock.steady();
  const std::int64_t documents_max = explained.outer.documents_max;
  while (documents_max == 0 || out.documents < documents_max) {
    out.at_end = !explained.plan.root().next(context.op);
    if (out.at_end) break;
    ++out.documents;
  }
  out.elapsed_ms =
      std::chrono::duration_cast<Milliseconds>(context.services.clock.steady() - start).count();
  return out;
}

void add_number(bson::Builder& out, std::string_view name, std::int64_t value) {
  if (value <= std::numeric_limits<std::int32_t>::max()) {
    out.add(name, static_cast<std::int32_t>(value));
  } else {
    out.add(name, value);
  }
}

/// The tree of stages, with what the command does on top; null run: without counts.
void append_stages(const Explained& explained, const Run* run, bson::Builder& out) {
  StageText text(out, run != nullptr);
  if (explained.outer.name.empty()) return explained.plan.explain(text);
  text.stage(explained.outer.name,
             {.works = run == nullptr ? 0 : run->documents + 1, .at_end = true});
  if (run != nullptr && explained.outer.add_counts) explained.outer.add_counts(out, run->documents);
  out.open_document("inputStage");
  explained.plan.explain(text);
  out.close();
}

void append_query_planner(const Explained& explained, bson::Builder& out) {
  out.open_document("queryPlanner").add("namespace", explained.ns.full());
  out.add("parsedQuery", explained.filter).add("indexFilterSet", false);
  out.add("optimizationTimeMillis", std::int32_t{0});
  out.add("maxIndexedOrSolutionsReached", false);
  out.add("maxIndexedAndSolutionsReached", false);
  out.add("maxScansToExplodeReached", false).add("prunedSimilarIndexes", false);
  out.open_document("winningPlan").add("isCached", false);
  append_stages(explained, nullptr, out);
  out.close().open_array("rejectedPlans");
  for (const pipeline::RecordSourcePtr& rejected : explained.plan.rejected()) {
    out.push_document().add("isCached", false);
    StageText text(out, false);
    rejected->explain(text);
    out.close();
  }
  out.close().close();
}

void append_stats(const Explained& explained, const Run& run, bson::Builder& out) {
  const ExamineCounts examined = explained.plan.examined();
  const bool returns = explained.outer.name.empty();
  out.open_document("executionStats").add("executionSuccess", true);
  add_number(out, "nReturned", returns ? run.documents : 0);
  add_number(out, "executionTimeMillis", run.elapsed_ms);
  add_number(out, "totalKeysExamined", examined.keys);
  add_number(out, "totalDocsExamined", examined.documents);
  out.open_document("executionStages");
  append_stages(explained, &run, out);
  out.close();
  if (explained.verbosity == Verbosity::AllPlansExecution) {
    out.open_array("allPlansExecution").close();  // plans are not tried against each other
  }
  out.close();
}

/// Stages that run behind those that reach the documents have places of their own.
void append_pipeline(const Explained& explained, const Run* run, bson::Builder& out) {
  out.open_array("stages");
  if (explained.plan.collection() != nullptr) {
    out.push_document().open_document("$cursor");
    append_query_planner(explained, out);
    if (run != nullptr) append_stats(explained, *run, out);
    out.close().close();
  }
  for (std::size_t i = 0; i < explained.plan.later_stages(); ++i) {
    out.push_document();
    StageText text(out, run != nullptr);
    explained.plan.explain_later(i, text);
    out.close();
  }
  out.close();
}

}  // namespace

pipeline::Telling telling_of(Verbosity verbosity) {
  return verbosity == Verbosity::QueryPlanner ? pipeline::Telling::Plan : pipeline::Telling::Counts;
}

void append_explained(CommandContext& context, const Explained& explained, bson::Builder& reply) {
  std::optional<Run> executed;
  if (explained.verbosity != Verbosity::QueryPlanner) executed = run(context, explained);
  const Run* const counts = executed ? &*executed : nullptr;
  reply.add("explainVersion", "1");
  if (explained.plan.later_stages() > 0) return append_pipeline(explained, counts, reply);
  append_query_planner(explained, reply);
  if (counts != nullptr) append_stats(explained, *counts, reply);
}

void append_known(const model::Namespace& ns, std::string_view stage, Verbosity verbosity,
                  bson::Builder& reply) {
  reply.add("explainVersion", "1");
  reply.open_document("queryPlanner").add("namespace", ns.full());
  reply.add("parsedQuery", bson::View()).add("indexFilterSet", false);
  reply.open_document("winningPlan").add("isCached", false).add("stage", stage).close();
  reply.open_array("rejectedPlans").close().close();
  if (verbosity == Verbosity::QueryPlanner) return;
  reply.open_document("executionStats").add("executionSuccess", true);
  for (const char* name :
       {"nReturned", "executionTimeMillis", "totalKeysExamined", "totalDocsExamined"}) {
    reply.add(name, std::int32_t{0});
  }
  reply.open_document("executionStages");
  StageText(reply, true).stage(stage, {.works = 1, .at_end = true});
  reply.close().close();
}

void append_server(CommandContext& context, bson::View command, bson::Builder& reply) {
  reply.add("command", command);
  const std::string& advertised = context.services.identity.advertised;
  const std::size_t colon = advertised.rfind(':');
  reply.open_document("serverInfo").add("host", std::string_view(advertised).substr(0, colon));
  reply.add("port", static_cast<std::int32_t>(std::atoi(advertised.c_str() + colon + 1)));
  reply.add("version", kClaimedVersion).add("gitVersion", "freshet").close();
}

}  // namespace freshet::command

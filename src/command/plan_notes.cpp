// SPDX-License-Identifier: Apache-2.0
#include "command/plan_notes.h"

#include <string>

#include "bson/builder.h"
#include "bson/json.h"
#include "collection/data.h"
#include "command/profiler.h"
#include "pipeline/plan/stage_text.h"

namespace freshet::command {
namespace {

// "COLLSCAN", or "IXSCAN { a: 1 }": the stage that reads, with the index it reads by.
std::string summary_of(bson::View stage) {
  while (stage["inputStage"].is_document())
    stage = stage["inputStage"].as_document();
  const bson::Element name = stage["stage"];
  std::string out(name.is_string() ? name.as_string() : std::string_view());
  const bson::Element key = stage["keyPattern"];
  if (key.is_document()) out += " " + bson::to_json(key.as_document());
  return out;
}

}  // namespace

void note_plan(CommandContext& context, const pipeline::QueryPlan& plan) {
  if (const catalog::CollectionPtr collection = plan.collection()) {
    context.used = collection->runtime;
  }
  if (!context.services.profiler.watches_all()) return;
  bson::Builder out;
  pipeline::StageText text(out, false);
  plan.explain(text);
  const std::string winning_plan = out.take();
  context.counts.plan_summary = summary_of(bson::View(winning_plan));
}

void note_examined(CommandContext& context, const pipeline::QueryPlan& plan) {
  const pipeline::ExamineCounts counts = plan.examined();
  context.counts.keys_examined = counts.keys;
  context.counts.documents_examined = counts.documents;
}

void note_used(CommandContext& context, const model::Namespace& ns) {
  const catalog::CollectionPtr collection = context.services.data.catalog().latest()->find(ns);
  if (collection) context.used = collection->runtime;
}

}  // namespace freshet::command

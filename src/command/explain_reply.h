// SPDX-License-Identifier: Apache-2.0
// The reply of explain: queryPlanner, executionStats, or stages, in MongoDB's shape.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "bson/builder.h"
#include "command/context.h"
#include "model/namespace.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::command {

enum class Verbosity : std::uint8_t { QueryPlanner, ExecutionStats, AllPlansExecution };

/// What plans are asked to tell for it.
pipeline::Telling telling_of(Verbosity verbosity);

/// What an explained command does with the documents that its plan gives.
struct OuterStage {
  std::string_view name;  ///< "COUNT", "UPDATE", …; empty: it returns them
  /// How many of them it takes; 0: all.
  std::int64_t documents_max = 0;
  /// Adds the stage's own counts, told how many documents it took. May be empty.
  std::function<void(bson::Builder&, std::int64_t)> add_counts;
};

struct Explained {
  model::Namespace ns;
  bson::View filter;
  pipeline::QueryPlan& plan;
  Verbosity verbosity;
  OuterStage outer;
};

/// Runs the plan where the verbosity asks for it.
void append_explained(CommandContext& context, const Explained& explained, bson::Builder& reply);
/// A plan that reads nothing, because the collection knows the answer.
void append_known(const model::Namespace& ns, std::string_view stage, Verbosity verbosity,
                  bson::Builder& reply);
/// The command as it was sent, and who answered.
void append_server(CommandContext& context, bson::View command, bson::Builder& reply);

}  // namespace freshet::command

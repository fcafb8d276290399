// SPDX-License-Identifier: Apache-2.0
// find and aggregate as planned: the chain of stages, and everything it stands on, in one object
// that a cursor keeps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "catalog/catalog.h"
#include "model/namespace.h"
#include "pipeline/execution.h"
#include "pipeline/fixed_view.h"
#include "pipeline/pipeline.h"
#include "pipeline/plan/planner_rules.h"
#include "pipeline/plan/record_source.h"
#include "pipeline/plan/stage_text.h"
#include "storage/commit/commit_layer.h"

namespace freshet {
class Random;
}
namespace freshet::catalog {
class ImageAges;
}

namespace freshet::pipeline {

/// What planning and running need of the floors beneath. Everything outlives every plan.
struct PlanServices {
  storage::Store& store;
  commit::CommitLayer& commits;
  const catalog::Catalog& catalog;
  const Clock& clock;
  Random& random;
  const catalog::ImageAges& image_ages;
  PlannerRules rules = {};
  SpillArea* spill = nullptr;  ///< null: nothing goes to disk
  std::size_t stage_memory_bytes_max = std::size_t{100} << 20;
};

/// What is to be told of a plan.
enum class Telling : std::uint8_t {
  Nothing,
  Plan,    ///< how it would go, and how else it could
  Counts,  ///< and what each stage did
};

/// What find and aggregate have in common. Views borrow the command; the plan copies what it needs.
struct QuerySpec {
  model::Namespace ns;   ///< an empty collection part: aggregate: 1
  bson::View collation;  ///< empty: the collection's default
  bool collation_given = false;
  bson::View let;
  bson::ValueView hint;
  commit::ReadPoint read_point = commit::ReadPoint::Latest;
  bool allow_disk_use = true;
  Telling telling = Telling::Nothing;
  std::optional<FixedView> view = std::nullopt;  ///< instead of a new snapshot for each batch
};

struct FindSpec : QuerySpec {
  bson::View filter;
  bson::View sort;
  bson::View projection;
  bson::View min;
  bson::View max;
  std::int64_t skip = 0;
  std::int64_t limit = 0;  ///< 0: none
  bool show_record_id = false;
  bool return_key = false;  ///< only the index keys that led to the documents
  bool tailable = false;    ///< needs a capped collection (or the oplog), natural order
  bool counts = false;      ///< documents are only counted: they may come empty
  /// Only the different values at this path are wanted: each may come once, in a document that has
  /// nothing else. Empty: documents as usual.
  std::string_view distinct;
};

struct AggregateSpec : QuerySpec {
  bson::View pipeline;  ///< BSON array
  /// What a first stage that tells of the server itself gives.
  std::vector<std::string> documents = {};
};

/// A plan that runs. Use by one thread at a time.
class QueryPlan : public Execution {
 public:
  /// The reader the plan was made on; the first batch reads it.
  virtual std::shared_ptr<const storage::Reader> first_reader() const = 0;
  /// False when it is sure to end after very few documents.
  virtual bool is_long() const = 0;
  /// Null when the collection does not exist, or for pipelines without one.
  virtual catalog::CollectionPtr collection() const = 0;
  /// What the plan's expressions are evaluated with.
  virtual const query::QueryContext& query_context() const = 0;
  /// What the last stage wants done with the documents; null when they go to the client.
  virtual const OutputOptions* output() const = 0;

  // For explain; see QuerySpec::telling.

  /// The stages that reach the documents, as one tree.
  virtual void explain(StageText& out) const = 0;
  /// How many stages of an aggregation run behind those, and each of them: its specification, and
  /// what it gave.
  virtual std::size_t later_stages() const { return 0; }
  virtual void explain_later(std::size_t i, StageText& out) const {
    static_cast<void>(i);
    static_cast<void>(out);
  }
  /// What the documents that are reached have to match. Lives as long as the plan.
  virtual bson::View filter() const = 0;
  /// The ways that were not chosen.
  virtual const std::vector<RecordSourcePtr>& rejected() const = 0;
};

/// Throws what parsing and planning throw. `op` is the command that plans.
std::unique_ptr<QueryPlan> plan_find(const PlanServices& services, const FindSpec& spec,
                                     Operation& op);
std::unique_ptr<QueryPlan> plan_aggregate(const PlanServices& services, const AggregateSpec& spec,
                                          Operation& op);

}  // namespace freshet::pipeline

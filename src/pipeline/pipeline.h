// SPDX-License-Identifier: Apache-2.0
// Pipelines as parsed: a list of stage specifications that the planner can look into before it
// builds the stages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "pipeline/collection_access.h"
#include "pipeline/spill/spill_area.h"
#include "pipeline/stage.h"
#include "query/context.h"

namespace freshet::query {
class SortPattern;
}

namespace freshet::pipeline {

struct OutputOptions;

inline constexpr std::size_t kPipelineStagesMax = 1000;
inline constexpr int kSubPipelineDepthMax = 20;
/// What the one document that $facet gives may hold.
inline constexpr std::size_t kFacetBytesMax = std::size_t{100} << 20;

/// Where a pipeline stands; decides which stages it may hold.
enum class PipelineKind : std::uint8_t { Top, Facet, Lookup, UnionWith, View };

struct PipelineContext {
  const query::QueryContext& query;  ///< outlives everything parsed with it
  std::string database;
  std::string collection;  ///< empty: a database pipeline (aggregate: 1)
  PipelineKind kind = PipelineKind::Top;
  int depth = 0;  ///< sub-pipelines above this one
  /// For what sub-pipelines may search. Null: they may not.
  CollectionAccess* collections = nullptr;
};

/// What a stage may do and where it may stand; one row per stage in the table of stages.cpp.
struct StageTraits {
  std::string_view name;          ///< "$match"
  bool first_only = false;        ///< makes documents: $changeStream, $collStats, $indexStats …
  bool last_only = false;         ///< $out, $merge
  bool in_change_stream = false;  ///< allowed after $changeStream
  bool in_facet = true;
  bool in_lookup = true;
  bool in_view = true;
  /// Gives the documents it takes, one by one or kept with what {$meta: …} shows of them.
  bool keeps_metadata = false;
};

/// What building needs besides the source. Lives as long as the stages.
struct BuildContext {
  /// The owner keeps `query.operation` at the running command.
  const query::QueryContext& query;
  CollectionAccess* collections = nullptr;  ///< null: only pipelines without $lookup, $out & co.
  std::string database;
  std::string collection;
  /// What a first stage that tells of the server itself ($currentOp, $collStats …) gives.
  const std::vector<std::string>* documents = nullptr;
  SpillPolicy spill;  ///< what stages do that outgrow their memory
};

/// One parsed stage; owns a copy of what it was parsed from. Belongs to one plan. Immutable, but
/// for what the pipeline in a stage keeps of its runs.
class StageSpec {
 public:
  StageSpec(const StageTraits& traits, bson::ValueView body);
  virtual ~StageSpec() = default;
  StageSpec(const StageSpec&) = delete;
  StageSpec& operator=(const StageSpec&) = delete;

  const StageTraits& traits() const { return traits_; }
  std::string_view name() const { return traits_.name; }
  /// The stage document as sent: {"$match": {…}}.
  bson::View document() const { return bson::View(document_); }
  /// The value of its one field.
  bson::Element body() const { return *document().begin(); }

  virtual StagePtr build(StagePtr source, BuildContext& context) const = 0;

  /// For pushdown. Each is nothing for all stages but its own.
  virtual std::optional<bson::View> match_filter() const { return std::nullopt; }
  virtual const query::SortPattern* sort_pattern() const { return nullptr; }
  virtual std::optional<std::int64_t> limit() const { return std::nullopt; }
  virtual std::optional<std::int64_t> skip() const { return std::nullopt; }
  /// One document in, exactly one out, in order: a limit behind it may move before it.
  virtual bool is_one_to_one() const { return false; }
  /// $out and $merge: what the command does with the documents. Null for all others.
  virtual const OutputOptions* output() const { return nullptr; }
  /// The namespaces it reads or writes besides its own: (database, collection, written).
  struct OtherCollection {
    std::string database;
    std::string collection;
    bool written = false;
  };
  virtual void add_other_collections(std::vector<OtherCollection>& out) const {
    static_cast<void>(out);
  }
  /// A $sort learns that only the first `count` documents are wanted.
  virtual void set_sort_limit(std::int64_t count) { static_cast<void>(count); }

 private:
  const StageTraits& traits_;
  std::string document_;
};

using StageSpecPtr = std::unique_ptr<StageSpec>;
using Pipeline = std::vector<StageSpecPtr>;

/// Parses an array of stage documents. Throws MongoDB's codes: 14 element is no object, 40323 not
/// exactly one field, 40324 unknown stage, 40600 not allowed in $facet, 40601 must be last, 40602
/// must be first, 20 not allowed in a change stream.
Pipeline parse_pipeline(bson::View array, const PipelineContext& context);

/// Chains the stages from `first` on behind `source`.
StagePtr build_pipeline(const Pipeline& pipeline, std::size_t first, StagePtr source,
                        BuildContext& context);

/// The traits of a stage by its name, or null.
const StageTraits* find_stage(std::string_view name);

}  // namespace freshet::pipeline

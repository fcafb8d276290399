// SPDX-License-Identifier: Apache-2.0
// What a stream is asked to show, whoever asks and from wherever it starts: scope, options, stages.
// Streams of one definition share it, and the work that it causes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bson/view.h"
#include "query/collation.h"
#include "query/context.h"
#include "stream/anchor.h"
#include "stream/anchor_filter.h"
#include "stream/change.h"
#include "stream/changed_paths.h"
#include "stream/options.h"
#include "stream/prefilter.h"
#include "stream/scope.h"
#include "transform/transform.h"

namespace freshet::stream {

/// What a definition is made of. Borrows; parse() copies.
struct DefinitionSpec {
  Scope scope;
  const StreamOptions& options;
  bson::View stages;             ///< array of stage documents; a leading $changeStream is skipped
  bson::View collation;          ///< empty: simple
  bson::View let;                ///< the command's variables, evaluated
  std::int64_t now_ms = 0;       ///< $$NOW
  bson::Timestamp cluster_time;  ///< $$CLUSTER_TIME
  Random* random = nullptr;      ///< for $rand; outlives the definition
};

/// Events of one entry, built once for all definitions that judge it. For one thread.
class EventCache;

/// Entries above this are not built into events while judging: their streams decide themselves.
inline constexpr std::int64_t kJudgedEntryBytesMax = std::int64_t{64} << 10;

/// Immutable and thread-safe after parse(). Not movable: its parts point at each other.
class Definition {
 public:
  /// Throws Location40323 for a stage without exactly one field, Location40602 for a second
  /// $changeStream, IllegalOperation (20) for a stage that streams may not have, Location40324 for
  /// one that nobody knows, and what the stages' own parsing throws.
  static std::shared_ptr<const Definition> parse(const DefinitionSpec& spec);
  /// Shows nothing itself, but matches every entry of the scope: for waiting on a collection or on
  /// the log.
  static std::shared_ptr<const Definition> watching(Scope scope);

  explicit Definition(Scope scope) : scope_(std::move(scope)) {}
  Definition(const Definition&) = delete;
  Definition& operator=(const Definition&) = delete;

  const Scope& scope() const { return scope_; }
  /// Without starting points.
  const StreamOptions& options() const { return options_; }
  /// Equal for definitions that always give the same; empty: equal to none.
  const std::string& key() const { return key_; }
  /// $changeStreamSplitLargeEvent is the last stage.
  bool splits() const { return splits_; }
  /// Made by watching(): no change stream.
  bool watches_only() const { return watching_only_; }
  /// $freshetChangedPaths is the first stage.
  bool has_changed_paths() const { return changed_paths_.has_value(); }

  /// An event without images that passes the leading filters holds one of these; nothing when they
  /// do not tell by values or ranges of them, and then every event of the scope may pass.
  const std::optional<Anchors>& anchors() const { return anchors_; }
  /// The kinds of change (bit_of) whose events may pass.
  std::uint32_t kinds() const { return prefilter_.kinds(); }
  /// Kinds of document changes (bit_of) whose events may pass without holding an anchor in the
  /// entry: the filters look at what only a lookup or an image tells.
  std::uint32_t imaged_kinds() const;

  /// Could a stream of this definition have anything to do for the entry? False is certain. Reads
  /// nothing but the entry. Never throws.
  bool concerned(const oplog::EntryView& entry, EventCache& cache) const;
  /// The same for one change, by kind and namespace alone.
  bool concerned(const Change& change) const {
    return shows(scope_, options_.show_expanded_events, change) &&
           (invalidates(scope_, change) || (prefilter_.admits(change) && admits_paths(change)));
  }

  /// The stages drop events, and change none.
  bool only_filters() const { return leading_matches_ == stages_.size(); }
  /// Do the stages keep it? Throws what they throw. `op` may be null. Requires: only_filters().
  bool passes(bson::View event, Operation* op) const;
  /// Could the change's event pass the leading filters, as far as the entry tells at once? False is
  /// certain. Requires: concerned(change).
  bool may_pass(const Change& change) const;

  /// Runs the stages over `event` and leaves the result there. False when a stage dropped it. `op`
  /// may be null. Throws what the stages throw.
  [[nodiscard]] bool apply(std::string& event, Operation* op) const;

 private:
  void parse_stages(bson::View stages);
  void parse_stage(const bson::Element& element);
  void parse_changed_paths(bson::ValueView body);
  void make_key(const DefinitionSpec& spec);
  bool admits_paths(const Change& change) const {
    return !changed_paths_ || changed_paths_->admits(change);
  }
  bool matches(const Change& change, EventCache& cache) const;

  Scope scope_;
  StreamOptions options_;
  std::string let_;
  std::unique_ptr<query::Collation> collation_;
  query::QueryContext context_;
  std::vector<transform::TransformPtr> stages_;
  std::size_t leading_matches_ = 0;   // how many $match stages come before all others
  bool matches_need_images_ = false;  // they look at what only a lookup or an image tells
  Prefilter prefilter_;
  std::optional<Anchors> anchors_;
  std::optional<AnchorFilter> anchor_filter_;  // by anchors_
  std::optional<ChangedPaths> changed_paths_;
  std::string key_;
  bool splits_ = false;
  bool watching_only_ = false;
};

/// Shared by the streams of one definition and by the hub.
using DefinitionPtr = std::shared_ptr<const Definition>;

class EventCache {
 public:
  /// The change's event without lookups and images. Valid until the next call of clear().
  const std::string& event(const Change& change, const StreamOptions& options);
  void clear() { events_.clear(); }

 private:
  struct Cached {
    std::uint32_t index;
    bool expanded;
    bool raw;
    std::unique_ptr<const std::string> event;
  };
  std::vector<Cached> events_;
};

}  // namespace freshet::stream

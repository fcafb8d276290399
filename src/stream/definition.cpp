// SPDX-License-Identifier: Apache-2.0
#include "stream/definition.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "stream/anchor_choice.h"
#include "stream/event.h"

namespace freshet::stream {
namespace {

constexpr std::string_view kChangeStream = "$changeStream";
constexpr std::string_view kSplitStage = "$changeStreamSplitLargeEvent";

/// Changes of one transaction that are looked into one by one.
constexpr std::uint32_t kJudgedChangesMax = 64;

/// Stages that there are, but not behind $changeStream. Sorted.
constexpr std::string_view kForbiddenStages[] = {
    "$bucket",
    "$bucketAuto",
    "$collStats",
    "$count",
    "$currentOp",
    "$densify",
    "$documents",
    "$facet",
    "$fill",
    "$geoNear",
    "$graphLookup",
    "$group",
    "$indexStats",
    "$limit",
    "$listCatalog",
    "$listClusterCatalog",
    "$listLocalSessions",
    "$listMqlEntities",
    "$listSampledQueries",
    "$listSearchIndexes",
    "$listSessions",
    "$lookup",
    "$merge",
    "$out",
    "$planCacheStats",
    "$queryStats",
    "$querySettings",
    "$rankFusion",
    "$sample",
    "$search",
    "$searchMeta",
    "$setWindowFields",
    "$shardedDataDistribution",
    "$skip",
    "$sort",
    "$sortByCount",
    "$unionWith",
    "$unwind",
    "$vectorSearch",
};

/// Streams that use one of these see different things even when defined alike.
constexpr std::string_view kPrivateWords[] = {"$$NOW", "$$CLUSTER_TIME", "$rand", "$sampleRate"};
/// Filters that use one of these may look at the images of an event.
constexpr std::string_view kImageWords[] = {"fullDocument", "$expr", "$jsonSchema", "$where"};

bool mentions_any(std::string_view bytes, std::span<const std::string_view> words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return bytes.find(word) != std::string_view::npos; });
}

/// The kinds of change whose events show more than their entries say.
std::uint32_t kinds_with_images(const StreamOptions& options) {
  std::uint32_t kinds = 0;
  if (options.full_document != FullDocument::Default) kinds |= bit_of(ChangeKind::Update);
  if (options.before_change != FullDocumentBeforeChange::Off) {
    kinds |= bit_of(ChangeKind::Update) | bit_of(ChangeKind::Replace) | bit_of(ChangeKind::Delete);
  }
  return kinds;
}

}  // namespace

std::shared_ptr<const Definition> Definition::parse(const DefinitionSpec& spec) {
  auto definition = std::make_shared<Definition>(spec.scope);
  definition->options_ = spec.options;
  definition->options_.resume_after.reset();
  definition->options_.start_after.reset();
  definition->options_.start_at_operation_time.reset();
  definition->let_ = spec.let.to_string();
  if (!spec.collation.empty()) definition->collation_ = query::parse_collation(spec.collation);
  definition->context_ = {.collation = definition->collation_.get(),
                          .now_ms = spec.now_ms,
                          .cluster_time = spec.cluster_time,
                          .let = bson::View(definition->let_),
                          .random = spec.random};
  definition->parse_stages(spec.stages);
  definition->make_key(spec);
  return definition;
}

std::shared_ptr<const Definition> Definition::watching(Scope scope) {
  auto definition = std::make_shared<Definition>(std::move(scope));
  definition->options_.show_expanded_events = true;
  definition->options_.show_system_events = true;
  definition->watching_only_ = true;
  definition->key_ = "watch:" + std::to_string(static_cast<int>(definition->scope_.level())) +
                     definition->scope_.ns().full();
  return definition;
}

void Definition::parse_stages(bson::View stages) {
  bool first = true;
  for (const bson::Element& stage : stages) {
    if (!stage.is_document()) {
      raise(ErrorCode::TypeMismatch, "expected an object as stage of the pipeline, found {}",
            bson::type_alias(stage.type()));
    }
    const bson::View document = stage.as_document();
    if (document.count() != 1) {
      raise(location(40323), "expected exactly one field in a stage of the pipeline, found {}",
            document.count());
    }
    const bson::Element body = *document.begin();
    if (!(std::exchange(first, false) && body.name() == kChangeStream)) parse_stage(body);
  }
  if (anchors_) anchor_filter_.emplace(*anchors_);
}

void Definition::parse_stage(const bson::Element& body) {
  if (body.name() == kChangeStream) {
    raise(location(40602), "'$changeStream' is only allowed as the first stage of a pipeline");
  }
  if (splits_) {
    raise(location(7182802), "'{}' must be the last stage of the pipeline", kSplitStage);
  }
  if (body.name() == kChangedPathsStage) return parse_changed_paths(body);
  if (body.name() == kSplitStage) {
    if (!body.is_document() || !body.as_document().empty()) {
      raise(location(7182800), "'{}' takes an empty object", kSplitStage);
    }
    splits_ = true;
    return;
  }
  transform::TransformPtr stage = transform::parse_transform(body.name(), body.value(), context_);
  if (!stage) {
    if (std::ranges::find(kForbiddenStages, body.name()) != std::end(kForbiddenStages)) {
      raise(ErrorCode::IllegalOperation, "stage '{}' is not permitted in a change stream",
            body.name());
    }
    raise(location(40324), "unrecognized pipeline stage name: '{}'", body.name());
  }
  if (leading_matches_ == stages_.size() && body.name() == "$match") {
    ++leading_matches_;
    if (!collation_ && body.is_document()) prefilter_.narrow(body.as_document());
    matches_need_images_ = matches_need_images_ || mentions_any(body.raw(), kImageWords);
    if (body.is_document() && !options_.show_raw_update_description) {
      const query::Matcher matcher(body.as_document(), context_);
      anchors_ = better_of(std::move(anchors_), anchors_of(matcher.root(), !collation_));
    }
  }
  stages_.push_back(std::move(stage));
}

void Definition::parse_changed_paths(bson::ValueView body) {
  if (!stages_.empty() || changed_paths_) {
    raise(ErrorCode::IllegalOperation, "'{}' may stand once, directly behind '{}'",
          kChangedPathsStage, kChangeStream);
  }
  changed_paths_ = ChangedPaths::parse(body);
}

void Definition::make_key(const DefinitionSpec& spec) {
  if (!spec.let.empty() || mentions_any(spec.stages.bytes(), kPrivateWords)) return;
  std::string key;
  key += static_cast<char>(scope_.level());
  key += static_cast<char>(options_.full_document);
  key += static_cast<char>(options_.before_change);
  key += static_cast<char>(
      (scope_.with_system() ? 1 : 0) | (options_.show_expanded_events ? 2 : 0) |
      (options_.show_raw_update_description ? 4 : 0) |
      (options_.match_uuid_for_update_lookup ? 8 : 0) | (options_.show_errors_as_events ? 16 : 0));
  key += scope_.ns().full();
  key += '\0';
  key += spec.collation.bytes();
  // The first stage holds the options and the starting point, which differ between streams.
  for (const bson::Element& stage : spec.stages) {
    const bson::View document = stage.as_document();
    if (document.begin()->name() != kChangeStream) key += document.bytes();
  }
  key_ = std::move(key);
}

std::uint32_t Definition::imaged_kinds() const {
  return matches_need_images_ ? kinds_with_images(options_) : 0;
}

bool Definition::concerned(const oplog::EntryView& entry, EventCache& cache) const {
  if (scope_.level() == Scope::Level::Log) return true;
  ChangeReader changes(entry);
  while (const std::optional<Change> change = changes.next()) {
    if (!concerned(*change)) continue;
    if (watching_only_ || leading_matches_ == 0 || invalidates(scope_, *change)) return true;
    if (change->index > kJudgedChangesMax) return true;
    if ((imaged_kinds() & bit_of(change->kind)) != 0) return true;
    if (entry.document.size_bytes() > kJudgedEntryBytesMax) return true;
    if (matches(*change, cache)) return true;
  }
  return false;
}

bool Definition::matches(const Change& change, EventCache& cache) const {
  try {
    const bson::View event(cache.event(change, options_));
    for (std::size_t i = 0; i < leading_matches_; ++i) {
      if (!stages_[i]->apply(event, context_).keep) return false;
    }
    return true;
  } catch (const std::exception&) {
    return true;  // whoever owns the stream will meet the same failure and tell its client
  }
}

bool Definition::may_pass(const Change& change) const {
  if (!anchor_filter_ || !is_document_change(change.kind)) return true;
  if ((imaged_kinds() & bit_of(change.kind)) != 0) return true;
  return anchor_filter_->may_hold(change);
}

bool Definition::passes(bson::View event, Operation* op) const {
  if (stages_.empty()) return true;
  query::QueryContext context = context_;
  context.operation = &op;
  return std::ranges::all_of(stages_, [&](const transform::TransformPtr& stage) {
    return stage->apply(event, context).keep;
  });
}

bool Definition::apply(std::string& event, Operation* op) const {
  if (only_filters()) return passes(bson::View(event), op);
  query::QueryContext context = context_;
  context.operation = &op;
  for (const transform::TransformPtr& stage : stages_) {
    transform::Transform::Result result = stage->apply(bson::View(event), context);
    if (!result.keep) return false;
    if (result.document) event = std::move(*result.document);
  }
  return true;
}

const std::string& EventCache::event(const Change& change, const StreamOptions& options) {
  for (const Cached& cached : events_) {
    if (cached.index == change.index && cached.expanded == options.show_expanded_events &&
        cached.raw == options.show_raw_update_description) {
      return *cached.event;
    }
  }
  const StreamOptions plain{.show_expanded_events = options.show_expanded_events,
                            .show_raw_update_description = options.show_raw_update_description};
  events_.push_back({change.index, options.show_expanded_events,
                     options.show_raw_update_description,
                     std::make_unique<const std::string>(make_event(change, plain, {}))});
  return *events_.back().event;
}

}  // namespace freshet::stream

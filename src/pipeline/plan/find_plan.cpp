// SPDX-License-Identifier: Apache-2.0
// find: access path, sort, skip, limit, projection.
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "pipeline/plan/plan_base.h"
#include "pipeline/plan/pre_images.h"
#include "query/projection.h"

namespace freshet::pipeline {
namespace {

class ProjectionStage final : public Stage {
 public:
  ProjectionStage(StagePtr source, const query::Projection& projection,
                  const query::QueryContext& context, bool show_record_id)
      : Stage(std::move(source)),
        projection_(projection),
        context_(context),
        with_id_(show_record_id) {}
  std::optional<bson::View> next(Operation& op) override {
    const std::optional<bson::View> document = source().next(op);
    if (!document) return std::nullopt;
    out_ = projection_.apply(*document, context_);
    if (with_id_) keep_record_id(*document);
    return bson::View(out_);
  }

 private:
  /// What showRecordId has added is shown beside what the projection includes.
  void keep_record_id(bson::View document) {
    if (bson::View(out_)[kRecordId]) return;
    bson::Builder out;
    out_ = out.add_all(bson::View(out_)).add(document[kRecordId]).take();
  }

  const query::Projection& projection_;
  const query::QueryContext& context_;
  const bool with_id_;
  std::string out_;
};

/// The index key that led to each document, and nothing else; empty where none did.
class ReturnKeyStage final : public Stage {
 public:
  ReturnKeyStage(StagePtr source, const query::DocumentMetadata& metadata)
      : Stage(std::move(source)), metadata_(metadata) {}
  std::optional<bson::View> next(Operation& op) override {
    if (!source().next(op)) return std::nullopt;
    const bson::Value& key = metadata_.get(query::DocumentMetadata::Kind::IndexKey);
    return key.missing() ? bson::View() : key.view().as_document();
  }

 private:
  const query::DocumentMetadata& metadata_;
};

class FindPlan final : public PlanBase {
 public:
  FindPlan(const PlanServices& services, const FindSpec& spec, Operation& op)
      : PlanBase(services, spec, op),
        filter_(spec.filter.to_string()),
        matcher_(bson::View(filter_), near_allowed(!spec.counts)),
        return_key_(spec.return_key) {
    metadata_.offer(query::DocumentMetadata::Kind::IndexKey);
    if (query::find_text(matcher_.root()) != nullptr) {
      metadata_.offer(query::DocumentMetadata::Kind::TextScore);
    }
    if (query::find_near(matcher_.root()) != nullptr) {
      metadata_.offer(query::DocumentMetadata::Kind::GeoNearDistance);
      metadata_.offer(query::DocumentMetadata::Kind::GeoNearPoint);
    }
    read_sort(spec);
    if (!spec.projection.empty()) {
      projection_spec_ = spec.projection.to_string();
      projection_.emplace(bson::View(projection_spec_), query::ProjectionKind::Find, context_,
                          &matcher_);
    }
    if (return_key_) {  // the projection has to be one, and is of no consequence
      projection_.reset();
      metadata_.want(query::DocumentMetadata::Kind::IndexKey);
    }
    check_tailable(spec);
    AccessPlan access = plan_access(request(spec));
    covered_ = access.covered;
    const bool stages_matter = spec.skip > 0 || sort_ || spec.telling != Telling::Nothing;
    if (stages_matter || !access.source->is_short()) make_pipeline(spec, access.sorted);
    StagePtr stages =
        chain(leaf(std::move(access), matcher_, spec.show_record_id), 0, pipeline_.size());
    if (projection_) {
      stages = counted(std::make_unique<ProjectionStage>(std::move(stages), *projection_, context_,
                                                         spec.show_record_id));
    }
    if (return_key_) {
      stages = counted(std::make_unique<ReturnKeyStage>(std::move(stages), metadata_));
    }
    root_ = std::move(stages);
  }

  bson::View filter() const override { return matcher_.filter(); }

  void explain(StageText& out) const override {
    if (projection_) {
      out.stage(projection_stage(), counts_of(pipeline_.size()));
      out.out().add("transformBy", bson::View(projection_spec_)).open_document("inputStage");
    }
    if (return_key_) {
      out.stage("RETURN_KEY", counts_of(pipeline_.size())).out().open_document("inputStage");
    }
    explain_access(out, 0, pipeline_.size());
    if (projection_ || return_key_) out.out().close();
  }

 private:
  std::string_view projection_stage() const {
    if (covered_) return "PROJECTION_COVERED";
    for (const bson::Element& field : bson::View(projection_spec_)) {
      const bool flag = field.is_number() || field.type() == bson::Type::Bool;
      const bool plain = field.name().find_first_of(".$") == std::string_view::npos;
      if (!flag || !plain) return "PROJECTION_DEFAULT";
    }
    return "PROJECTION_SIMPLE";
  }

  // {$natural: ±1} is a way to walk, not an order.
  void read_sort(const FindSpec& spec) {
    hint_ = spec.hint;
    if (spec.tailable) return walk_forward();  // an index has no end to wait at
    if (spec.sort.empty()) return;
    if ((*spec.sort.begin()).name() == "$natural") {
      natural_ = spec.sort.to_string();
      hint_ = bson::ValueView(bson::Type::Document, natural_.data(),
                              static_cast<std::uint32_t>(natural_.size()));
      if (spec.sort.count() != 1) {
        raise(ErrorCode::BadValue, "Cannot include '$natural' in compound sort: {}",
              spec.sort.count());
      }
      const bson::Element way = *spec.sort.begin();
      const double direction = way.is_number() ? way.number_as_double() : 0;
      if (direction != 1 && direction != -1) {
        raise(ErrorCode::BadValue, "$natural sort cannot be set to a value other than -1 or 1");
      }
      return;
    }
    sort_.emplace(spec.sort, &metadata_);
  }

  void walk_forward() {
    bson::Builder hint;
    natural_ = hint.add("$natural", std::int32_t{1}).take();
    hint_ = bson::ValueView(bson::Type::Document, natural_.data(),
                            static_cast<std::uint32_t>(natural_.size()));
  }

  void check_tailable(const FindSpec& spec) const {
    if (!spec.tailable) return;
    if (resolved_.collection && !resolved_.collection->capped &&
        !resolved_.collection->is_oplog()) {
      raise(ErrorCode::BadValue,
            "error processing query: tailable cursor requested on non capped collection");
    }
  }

  AccessRequest request(const FindSpec& spec) const {
    AccessRequest out = access_request(spec, matcher_);
    out.sort = sort_ ? &*sort_ : nullptr;
    out.hint = hint_;
    out.min = spec.min;
    out.max = spec.max;
    const bool bounded =
        spec.limit > 0 && spec.limit <= kSortLimitMax && spec.skip <= kSortLimitMax;
    if (bounded) out.limit = spec.skip + spec.limit;
    out.distinct = spec.distinct;
    out.needs = needs(spec);
    return out;
  }

  Needs needs(const FindSpec& spec) const {
    Needs out;
    const bool keys = metadata_.wants(query::DocumentMetadata::Kind::IndexKey);
    if (spec.show_record_id || keys) return out;
    if (projection_) return needs_of_projection(bson::View(projection_spec_));
    out.everything = !spec.counts && spec.distinct.empty();
    if (!spec.distinct.empty()) out.add(std::string(spec.distinct));
    return out;
  }

  void make_pipeline(const FindSpec& spec, bool sorted) {
    bson::Builder stages;
    if (sort_ && !sorted) stages.push_document().add("$sort", spec.sort).close();
    if (spec.skip > 0) stages.push_document().add("$skip", spec.skip).close();
    if (spec.limit > 0) stages.push_document().add("$limit", spec.limit).close();
    const std::string array = stages.take();
    pipeline_ = parse_pipeline(
        bson::View(array), {.query = context_, .database = spec.ns.db, .collection = spec.ns.coll});
    if (sort_ && !sorted && spec.limit > 0 && spec.skip <= kSortLimitMax &&
        spec.limit <= kSortLimitMax) {
      pipeline_.front()->set_sort_limit(spec.skip + spec.limit);
    }
  }

  static constexpr std::int64_t kSortLimitMax = std::int64_t{1} << 40;

  const std::string filter_;
  const query::Matcher matcher_;
  const bool return_key_;
  std::optional<query::SortPattern> sort_;
  std::string natural_;
  bson::ValueView hint_;
  std::string projection_spec_;
  std::optional<query::Projection> projection_;
  bool covered_ = false;
};

// A find on a view is an aggregation on its source.
std::unique_ptr<QueryPlan> plan_find_on_view(const PlanServices& services, const FindSpec& spec,
                                             Operation& op) {
  if (spec.tailable) {
    raise(ErrorCode::CommandNotSupportedOnView, "tailable cursors are not supported on views");
  }
  if (!spec.min.empty() || !spec.max.empty() || spec.show_record_id || spec.return_key) {
    raise(ErrorCode::InvalidPipelineOperator,
          "min, max, returnKey and showRecordId are not supported on views");
  }
  bson::Builder stages;
  if (!spec.filter.empty()) stages.push_document().add("$match", spec.filter).close();
  if (!spec.sort.empty()) stages.push_document().add("$sort", spec.sort).close();
  if (spec.skip > 0) stages.push_document().add("$skip", spec.skip).close();
  if (spec.limit > 0) stages.push_document().add("$limit", spec.limit).close();
  if (!spec.projection.empty()) stages.push_document().add("$project", spec.projection).close();
  const std::string array = stages.take();
  AggregateSpec aggregate;
  static_cast<QuerySpec&>(aggregate) = spec;
  aggregate.pipeline = bson::View(array);
  return plan_aggregate(services, aggregate, op);
}

}  // namespace

std::unique_ptr<QueryPlan> plan_find(const PlanServices& services, const FindSpec& spec,
                                     Operation& op) {
  const catalog::StatePtr state = spec.view ? spec.view->catalog : services.catalog.latest();
  const catalog::CollectionPtr found = state->find(spec.ns);
  const bool view = (found && found->is_view()) || is_pre_images(spec.ns);
  if (view) return plan_find_on_view(services, spec, op);
  return std::make_unique<FindPlan>(services, spec, op);
}

}  // namespace freshet::pipeline

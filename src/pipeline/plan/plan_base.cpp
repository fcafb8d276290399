// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/plan_base.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "bson/builder.h"
#include "pipeline/plan/let.h"
#include "pipeline/plan/view_check.h"

namespace freshet::pipeline {
namespace {

constexpr ErrorCode kQueryPlanKilled = location(175);
constexpr ErrorCode kViewDepthLimitExceeded = location(165);

// A filter and the records that match it, as one stage: what a $lookup opens for each of its
// documents.
class OpenedCollection final : public Stage {
 public:
  OpenedCollection(const PlanServices& services, catalog::CollectionPtr collection,
                   bson::View filter, const query::Collation* collation,
                   const query::QueryContext& context, const storage::Reader& reader)
      : matcher_(filter, context) {
    AccessRequest request{.store = services.store,
                          .collection = std::move(collection),
                          .filter = matcher_,
                          .collation = collation};
    source_ = plan_access(request).source;
    source_->restore(reader);
  }
  std::optional<bson::View> next(Operation& op) override {
    const std::optional<Record> record = source_->next(op);
    if (!record) return std::nullopt;
    return record->document;
  }
  void save() override { source_->save(); }
  void restore(const storage::Reader& reader) override { source_->restore(reader); }

 private:
  const query::Matcher matcher_;
  RecordSourcePtr source_;
};

// The stages of a view over its source; owns what they borrow.
class OpenedView final : public Stage {
 public:
  OpenedView(StagePtr source, const std::vector<std::string>& pipelines, bson::View filter,
             const PipelineContext& parse, BuildContext build)
      : build_(std::move(build)) {
    StagePtr at = std::move(source);
    for (const std::string& pipeline : pipelines) {
      parsed_.push_back(parse_pipeline(bson::View(pipeline), parse));
      at = build_pipeline(parsed_.back(), 0, std::move(at), build_);
    }
    bson::Builder match;
    match.open_document("0").add("$match", filter).close();
    const std::string array = match.take();
    parsed_.push_back(parse_pipeline(bson::View(array), parse));
    root_ = build_pipeline(parsed_.back(), 0, std::move(at), build_);
  }
  std::optional<bson::View> next(Operation& op) override { return root_->next(op); }
  void save() override { root_->save(); }
  void restore(const storage::Reader& reader) override { root_->restore(reader); }

 private:
  BuildContext build_;
  std::vector<Pipeline> parsed_;
  StagePtr root_;
};

}  // namespace

ResolvedNamespace resolve_namespace(const catalog::CatalogState& catalog,
                                    const model::Namespace& ns) {
  ResolvedNamespace out{ns, nullptr, {}, nullptr};
  if (ns.coll.empty()) return out;
  for (int depth = 0;; ++depth) {
    catalog::CollectionPtr found = catalog.find(out.ns);
    if (depth == 0 && found) out.collation = found->collation.get();
    if (!found || !found->is_view()) {
      out.collection = std::move(found);
      break;
    }
    if (depth == kViewDepthMax) {
      raise(kViewDepthLimitExceeded, "View depth is limited to {}: {}", kViewDepthMax, ns.full());
    }
    out.view_pipelines.push_back(found->pipeline);
    out.ns.coll = found->view_on;
  }
  std::reverse(out.view_pipelines.begin(), out.view_pipelines.end());
  return out;
}

std::optional<bson::View> RecordStage::next(Operation& op) {
  const std::optional<Record> record = source_->next(op);
  if (!record) return std::nullopt;
  if (!with_id_) return record->document;
  bson::Builder out;
  out.add_all(record->document);
  out.add("$recordId", static_cast<std::int64_t>(collection::value_of(record->id)));
  document_ = out.take();
  return bson::View(document_);
}

StagePtr PlannedAccess::open(std::string_view database, std::string_view collection,
                             bson::View filter, const query::QueryContext& context) {
  const catalog::StatePtr state = catalog_ ? catalog_ : services_.catalog.at(*reader_);
  const model::Namespace ns{std::string(database), std::string(collection)};
  const ResolvedNamespace resolved = resolve_namespace(*state, ns);
  const auto* collation = dynamic_cast<const query::Collation*>(context.collation);
  if (resolved.view_pipelines.empty()) {
    return std::make_unique<OpenedCollection>(services_, resolved.collection, filter, collation,
                                              context, *reader_);
  }
  StagePtr source = std::make_unique<OpenedCollection>(services_, resolved.collection, bson::View(),
                                                       collation, context, *reader_);
  const PipelineContext parse{.query = context,
                              .database = ns.db,
                              .collection = resolved.ns.coll,
                              .kind = PipelineKind::View};
  BuildContext build{
      .query = context, .collections = this, .database = ns.db, .collection = resolved.ns.coll};
  return std::make_unique<OpenedView>(std::move(source), resolved.view_pipelines, filter, parse,
                                      std::move(build));
}

std::unique_ptr<CollectionOutput> PlannedAccess::replace(std::string_view,
                                                         std::string_view collection) {
  raise(ErrorCode::NotImplemented, "$out into {} is not supported by this version", collection);
}

std::unique_ptr<CollectionOutput> PlannedAccess::merge(std::string_view,
                                                       std::string_view collection,
                                                       const MergeOptions&) {
  raise(ErrorCode::NotImplemented, "$merge into {} is not supported by this version", collection);
}

PlanBase::PlanBase(const PlanServices& services, const QuerySpec& spec, Operation& op)
    : services_(services),
      read_point_(spec.read_point),
      view_(spec.view),
      reader_(view_ ? view_->reader : services.commits.snapshot(spec.read_point)),
      catalog_(view_ ? view_->catalog : services.catalog.at(*reader_)),
      resolved_(resolve_namespace(*catalog_, spec.ns)),
      access_(services_),
      build_context_{.query = context_,
                     .collections = &access_,
                     .database = spec.ns.db,
                     .collection = resolved_.ns.coll} {
  set_collation(spec);
  context_.collation = collation_;
  context_.now_ms = services.clock.wall_ms();
  context_.cluster_time = reader_->position().timestamp();
  context_.random = &services.random;
  context_.operation = &op;
  if (!spec.let.empty()) {
    let_ = evaluate_let(spec.let, context_);
    context_.let = bson::View(let_);
  }
  access_.set_reader(reader_.get(), view_ ? view_->catalog : nullptr);
}

void PlanBase::set_collation(const QuerySpec& spec) {
  collation_ = resolved_.collation;
  if (!spec.collation_given) return;
  own_collation_ = query::parse_collation(spec.collation);
  collation_ = own_collation_.get();
  if (!resolved_.view_pipelines.empty()) check_view_collation(collation_, resolved_.collation);
}

void PlanBase::set_operation(Operation* op) {
  context_.operation = op;
  // Between batches a cursor keeps no snapshot, unless it is what the cursor reads to its end.
  if (op == nullptr && !view_) reader_.reset();
}

// The collection may have been dropped, or its indexes, since the batch before.
std::shared_ptr<const storage::Reader> PlanBase::open_reader() {
  if (view_) {
    if (view_->readable_until && services_.clock.steady() > *view_->readable_until) {
      raise(ErrorCode::SnapshotTooOld, "the snapshot that the cursor reads is no longer kept");
    }
    return reader_;
  }
  reader_ = services_.commits.snapshot(read_point_);
  access_.set_reader(reader_.get(), nullptr);
  if (resolved_.collection && !resolved_.collection->is_oplog()) {
    const catalog::StatePtr state = services_.catalog.at(*reader_);
    const catalog::CollectionPtr now = state->find_by_id(resolved_.collection->id);
    if (!now)
      raise(kQueryPlanKilled, "collection dropped between getMore calls: {}", resolved_.ns.full());
    if (now->version != resolved_.collection->version) {
      for (const catalog::IndexPtr& index : resolved_.collection->indexes) {
        if (now->find_index(index->name) == nullptr) {
          raise(kQueryPlanKilled, "index {} dropped between getMore calls: {}", index->name,
                resolved_.ns.full());
        }
      }
    }
  }
  return reader_;
}

QueryPlan::Counts PlanBase::examined() const {
  if (records_ == nullptr) return {};
  const ExamineCounts counts = records_->records().examined();
  return {counts.keys, counts.documents};
}

StagePtr PlanBase::build(RecordSourcePtr source, bool show_record_id, const Pipeline& pipeline,
                         std::size_t first) {
  auto leaf = std::make_unique<RecordStage>(std::move(source), show_record_id);
  leaf->restore(*reader_);
  records_ = leaf.get();
  return build_pipeline(pipeline, first, std::move(leaf), build_context_);
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/plan_base.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "bson/builder.h"
#include "oplog/entry.h"
#include "pipeline/plan/let.h"
#include "pipeline/plan/metadata_stages.h"
#include "pipeline/plan/view_check.h"

namespace freshet::pipeline {

std::optional<bson::View> RecordStage::next(Operation& op) {
  const std::optional<Record> record = source_->next(op);
  if (!record) return std::nullopt;
  if (metadata_.wants(query::DocumentMetadata::Kind::IndexKey)) {
    std::string key = source_->index_key(record->document);
    metadata_.set(query::DocumentMetadata::Kind::IndexKey,
                  key.empty() ? bson::Value() : bson::Value::document(std::move(key)));
  }
  if (!with_id_) return record->document;
  bson::Builder out;
  out.add_all(record->document);
  out.add(kRecordId, static_cast<std::int64_t>(collection::value_of(record->id)));
  document_ = out.take();
  return bson::View(document_);
}

std::optional<bson::View> CountingStage::next(Operation& op) {
  ++counts_.works;
  const std::optional<bson::View> document = source().next(op);
  if (document) ++counts_.advanced;
  counts_.at_end = !document;
  return document;
}

void CountingStage::save() {
  ++counts_.saves;
  Stage::save();
}

void CountingStage::restore(const storage::Reader& reader) {
  ++counts_.restores;
  Stage::restore(reader);
}

PlanBase::PlanBase(const PlanServices& services, const QuerySpec& spec, Operation& op)
    : services_(services),
      operation_(&op),
      read_point_(spec.read_point),
      telling_(spec.telling),
      view_(spec.view),
      reader_(view_ ? view_->reader : services.commits.snapshot(spec.read_point)),
      catalog_(view_ ? view_->catalog : services.catalog.at(*reader_)),
      resolved_(resolve_namespace(services_, *catalog_, spec.ns)),
      access_(services_),
      build_context_{.query = context_,
                     .collections = &access_,
                     .database = spec.ns.db,
                     .collection = resolved_.ns.coll,
                     .spill = {.area = services.spill,
                               .allowed = spec.allow_disk_use,
                               .stage_bytes_max = services.stage_memory_bytes_max}} {
  set_collation(spec);
  context_.collation = collation_;
  context_.now_ms = services.clock.wall_ms();
  context_.cluster_time = reader_->position().timestamp();
  context_.random = &services.random;
  search_ = search_scope_of(resolved_.collection.get());
  context_.search = &search_;
  context_.metadata = &metadata_;
  context_.operation = &operation_;
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
  operation_ = op;
  // Between batches a cursor keeps no snapshot, unless it is what the cursor reads to its end.
  if (op == nullptr && !view_) reader_.reset();
}

// The collection may have been dropped, or an index that the plan reads, since the batch before.
void PlanBase::check_still_there() const {
  if (!resolved_.collection || resolved_.collection->is_oplog()) return;
  const catalog::StatePtr state = services_.catalog.at(*reader_);
  const catalog::CollectionPtr now = state->find_by_id(resolved_.collection->id);
  if (!now) {
    raise(ErrorCode::QueryPlanKilled, "collection dropped between getMore calls: {}",
          resolved_.ns.full());
  }
  if (now->version == resolved_.collection->version) return;
  for (const catalog::IndexPtr& index : indexes_) {
    if (now->index_by_id(index->id) != nullptr) continue;
    raise(ErrorCode::QueryPlanKilled, "index {} dropped between getMore calls: {}", index->name,
          resolved_.ns.full());
  }
}

std::shared_ptr<const storage::Reader> PlanBase::open_reader() {
  if (view_) {
    if (view_->readable_until && services_.clock.steady() > *view_->readable_until) {
      raise(ErrorCode::SnapshotTooOld, "the snapshot that the cursor reads is no longer kept");
    }
    return reader_;
  }
  reader_ = services_.commits.snapshot(read_point_);
  access_.set_reader(reader_.get(), nullptr);
  check_still_there();
  return reader_;
}

ExamineCounts PlanBase::examined() const {
  return records_ == nullptr ? ExamineCounts() : records_->records().examined();
}

AccessRequest PlanBase::access_request(const QuerySpec& spec, const query::Matcher& filter) const {
  return {.store = services_.store,
          .collection = resolved_.collection,
          .filter = filter,
          .reader = reader_.get(),
          .hint = spec.hint,
          .collation = collation_,
          .needs = {},
          .rules = services_.rules,
          .with_rejected = telling_ != Telling::Nothing};
}

StagePtr PlanBase::leaf(AccessPlan access, const query::Matcher& filter, bool show_record_id) {
  access.source->add_indexes(indexes_);
  rejected_ = std::move(access.rejected);
  auto stage = std::make_unique<RecordStage>(std::move(access.source), show_record_id, metadata_);
  stage->restore(*reader_);
  records_ = stage.get();
  return with_metadata(std::move(stage), filter, &metadata_);
}

StagePtr PlanBase::counted(StagePtr stage) {
  if (telling_ != Telling::Counts) return stage;
  auto counting = std::make_unique<CountingStage>(std::move(stage));
  stage_counters_.push_back(counting.get());
  return counting;
}

StagePtr PlanBase::chain(StagePtr source, std::size_t first, std::size_t end) {
  stage_counters_.resize(telling_ == Telling::Counts ? first : 0);
  for (std::size_t i = first; i < end; ++i)
    source = counted(pipeline_[i]->build(std::move(source), build_context_));
  return source;
}

const StageCounts& PlanBase::counts_of(std::size_t stage) const {
  static const StageCounts kNone;
  return stage < stage_counters_.size() && stage_counters_[stage] != nullptr
             ? stage_counters_[stage]->counts()
             : kNone;
}

void PlanBase::explain_stage(StageText& out, const StageSpec& stage, const StageCounts& counts) {
  if (stage.sort_pattern() != nullptr) {
    out.stage("SORT", counts).out().add("sortPattern", stage.body().as_document());
  } else if (const auto limit = stage.limit()) {
    out.stage("LIMIT", counts).out().add("limitAmount", *limit);
  } else if (const auto skip = stage.skip()) {
    out.stage("SKIP", counts).out().add("skipAmount", *skip);
  }
}

void PlanBase::explain_access(StageText& out, std::size_t first, std::size_t end) const {
  for (std::size_t i = end; i-- > first;) {
    explain_stage(out, *pipeline_[i], counts_of(i));
    out.out().open_document("inputStage");
  }
  records_->records().explain(out);
  for (std::size_t i = first; i < end; ++i)
    out.out().close();
}

}  // namespace freshet::pipeline

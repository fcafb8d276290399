// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/planned_access.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "collection/index_keys.h"
#include "oplog/entry.h"
#include "pipeline/plan/metadata_stages.h"
#include "pipeline/plan/planner.h"
#include "pipeline/plan/pre_images.h"

namespace freshet::pipeline {
namespace {

class Records final : public Stage {
 public:
  explicit Records(RecordSourcePtr source) : source_(std::move(source)) {}
  std::optional<bson::View> next(Operation& op) override {
    const std::optional<Record> record = source_->next(op);
    if (!record) return std::nullopt;
    return record->document;
  }
  void save() override { source_->save(); }
  void restore(const storage::Reader& reader) override { source_->restore(reader); }

 private:
  const RecordSourcePtr source_;
};

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
                          .reader = &reader,
                          .collation = collation,
                          .needs = {},
                          .rules = services.rules};
    root_ = with_metadata(std::make_unique<Records>(plan_access(request).source), matcher_,
                          context.metadata);
    root_->restore(reader);
  }
  std::optional<bson::View> next(Operation& op) override { return root_->next(op); }
  void save() override { root_->save(); }
  void restore(const storage::Reader& reader) override { root_->restore(reader); }

 private:
  const query::Matcher matcher_;
  StagePtr root_;
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

ResolvedNamespace resolve_namespace(const PlanServices& services,
                                    const catalog::CatalogState& catalog,
                                    const model::Namespace& ns) {
  ResolvedNamespace out{ns, nullptr, {}, nullptr};
  if (ns.coll.empty()) return out;
  if (is_pre_images(ns)) {
    out.collection = catalog.find(oplog::kDatabase, oplog::kCollection);
    out.ns = out.collection->ns;
    out.view_pipelines.push_back(pre_images_pipeline(catalog, services.image_ages));
    return out;
  }
  for (int depth = 0;; ++depth) {
    catalog::CollectionPtr found = catalog.find(out.ns);
    if (depth == 0 && found) out.collation = found->collation.get();
    if (!found || !found->is_view()) {
      out.collection = std::move(found);
      break;
    }
    if (depth == kViewDepthMax) {
      raise(ErrorCode::ViewDepthLimitExceeded, "View depth is limited to {}: {}", kViewDepthMax,
            ns.full());
    }
    out.view_pipelines.push_back(found->pipeline);
    out.ns.coll = found->view_on;
  }
  std::reverse(out.view_pipelines.begin(), out.view_pipelines.end());
  return out;
}

query::SearchScope search_scope_of(const catalog::CollectionDefinition* collection) {
  query::SearchScope out;
  if (collection == nullptr) return out;
  if (const catalog::IndexDefinition* text = collection->text_index()) out.index = text->text;
  for (const catalog::IndexPtr& index : collection->indexes) {
    if (!index->has_place() || !index->ready()) continue;
    const bool flat = index->kind == catalog::IndexKind::Flat;
    (flat ? out.flat_places : out.sphere_places)
        .push_back(index->parts[collection::place_component(*index)].path);
  }
  return out;
}

ResolvedNamespace PlannedAccess::resolve(std::string_view database,
                                         std::string_view collection) const {
  const catalog::StatePtr state = catalog_ ? catalog_ : services_.catalog.at(*reader_);
  return resolve_namespace(services_, *state, {std::string(database), std::string(collection)});
}

query::SearchScope PlannedAccess::search_scope(std::string_view database,
                                               std::string_view collection) {
  const ResolvedNamespace resolved = resolve(database, collection);
  if (!resolved.view_pipelines.empty()) return {};
  return search_scope_of(resolved.collection.get());
}

StagePtr PlannedAccess::open(std::string_view database, std::string_view collection,
                             bson::View filter, const query::QueryContext& context) {
  const ResolvedNamespace resolved = resolve(database, collection);
  const auto* collation = dynamic_cast<const query::Collation*>(context.collation);
  if (resolved.view_pipelines.empty()) {
    return std::make_unique<OpenedCollection>(services_, resolved.collection, filter, collation,
                                              context, *reader_);
  }
  StagePtr source = std::make_unique<OpenedCollection>(services_, resolved.collection, bson::View(),
                                                       collation, context, *reader_);
  const PipelineContext parse{.query = context,
                              .database = resolved.ns.db,
                              .collection = resolved.ns.coll,
                              .kind = PipelineKind::View,
                              .collections = this};
  BuildContext build{.query = context,
                     .collections = this,
                     .database = resolved.ns.db,
                     .collection = resolved.ns.coll};
  return std::make_unique<OpenedView>(std::move(source), resolved.view_pipelines, filter, parse,
                                      std::move(build));
}

}  // namespace freshet::pipeline

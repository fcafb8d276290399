// SPDX-License-Identifier: Apache-2.0
// Other collections, for the stages that read or write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "model/namespace.h"
#include "pipeline/collection_access.h"
#include "pipeline/plan/query_plan.h"
#include "query/collation.h"

namespace freshet::pipeline {

/// A collection name followed through its views: where the documents are and what the views do to
/// them.
struct ResolvedNamespace {
  model::Namespace ns;
  catalog::CollectionPtr collection;            ///< null when it does not exist; never a view
  std::vector<std::string> view_pipelines;      ///< BSON arrays, the innermost view's first
  const query::Collation* collation = nullptr;  ///< the default of the name asked for
};

/// Throws ViewDepthLimitExceeded (165) above kViewDepthMax.
ResolvedNamespace resolve_namespace(const PlanServices& services,
                                    const catalog::CatalogState& catalog,
                                    const model::Namespace& ns);
inline constexpr int kViewDepthMax = 20;

/// What can be searched for in this collection; null: there is none.
query::SearchScope search_scope_of(const catalog::CollectionDefinition* collection);

/// Opens other collections for $lookup & co. on the plan's own reader.
class PlannedAccess final : public CollectionAccess {
 public:
  explicit PlannedAccess(const PlanServices& services) : services_(services) {}
  /// `catalog` is the one that belongs to `reader`; null: it is looked up when needed.
  void set_reader(const storage::Reader* reader, catalog::StatePtr catalog) {
    reader_ = reader;
    catalog_ = std::move(catalog);
  }
  StagePtr open(std::string_view database, std::string_view collection, bson::View filter,
                const query::QueryContext& context) override;
  query::SearchScope search_scope(std::string_view database, std::string_view collection) override;

 private:
  ResolvedNamespace resolve(std::string_view database, std::string_view collection) const;

  const PlanServices services_;
  const storage::Reader* reader_ = nullptr;
  catalog::StatePtr catalog_;
};

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// May a view be defined like that? Its pipeline must be one, its sources must not lead back to it,
// and all views on the way must agree on a collation.
#pragma once

#include "catalog/catalog.h"
#include "catalog/definitions.h"

namespace freshet::pipeline {

/// Throws unless `view` may be put into `state`: what parsing its pipeline throws,
/// OptionNotSupportedOnView (167) for stages that write and for collations that differ,
/// GraphContainsCycle (5), ViewDepthLimitExceeded (165). For Ddl, which knows no pipelines.
void check_view(const catalog::CatalogState& state, const catalog::CollectionDefinition& view);

/// Throws OptionNotSupportedOnView (167) when a command wants another collation than the view it
/// reads has. Null is the simple one.
void check_view_collation(const query::Collation* wanted, const query::Collation* own);

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// How explain shows an index and what is walked of it.
#pragma once

#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "catalog/definitions.h"
#include "pipeline/plan/index_bounds.h"
#include "query/text/text_search.h"
#include "storage/store.h"

namespace freshet::pipeline {

/// keyPattern, indexName, collation, isMultiKey, … into the open document.
void add_index(bson::Builder& out, const catalog::IndexDefinition& index,
               const std::vector<Component>& components);
/// indexBounds: {path: ["[1, 5)", …]}.
void add_bounds(bson::Builder& out, const std::vector<Component>& components,
                const std::vector<IntervalSet>& sets);

/// What a $text looks for, as explain shows it.
void add_text_search(bson::Builder& out, const catalog::IndexDefinition& index,
                     const query::TextSearch& search);

std::string_view direction_name(storage::Direction direction);

}  // namespace freshet::pipeline

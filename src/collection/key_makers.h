// SPDX-License-Identifier: Apache-2.0
// How each kind of index makes the keys of a document: a function each, listed in the table of
// index_keys.cpp.
#pragma once

#include "bson/view.h"
#include "catalog/definitions.h"
#include "collection/index_keys.h"

namespace freshet::collection {

// Each adds keys (in any order, with duplicates) and what else IndexKeys says of them.
void make_ordered_keys(const catalog::IndexDefinition& index, bson::View document, IndexKeys& out);
void make_hashed_keys(const catalog::IndexDefinition& index, bson::View document, IndexKeys& out);
void make_wildcard_keys(const catalog::IndexDefinition& index, bson::View document, IndexKeys& out);
void make_sphere_keys(const catalog::IndexDefinition& index, bson::View document, IndexKeys& out);
void make_flat_keys(const catalog::IndexDefinition& index, bson::View document, IndexKeys& out);
void make_text_keys(const catalog::IndexDefinition& index, bson::View document, IndexKeys& out);

}  // namespace freshet::collection

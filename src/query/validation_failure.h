// SPDX-License-Identifier: Apache-2.0
// Why a document does not match a validator, in the words of MongoDB's errInfo.details.
#pragma once

#include "bson/builder.h"
#include "bson/view.h"
#include "query/context.h"

namespace freshet::query {

/// Appends the fields of `details` ({operatorName, …}) for the first reason or, where several
/// clauses fail, for all of them. Requires: the filter parses, and `document` does not match it.
void describe_validation_failure(bson::View filter, bson::View document,
                                 const QueryContext& context, bson::Builder& out);

}  // namespace freshet::query

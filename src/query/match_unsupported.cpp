// SPDX-License-Identifier: Apache-2.0
// Filter operators that MongoDB has and Freshet does not yet have, refused with the codes clients
// know.
#include "base/error.h"
#include "query/match_parse.h"

namespace freshet::query {

MatchNodePtr refuse_geo(const FieldPredicate& predicate, MatchParse&) {
  raise(ErrorCode::BadValue, "geospatial operator {} is not supported by this server",
        predicate.argument.name());
}

MatchNodePtr refuse_near(const FieldPredicate& predicate, MatchParse&) {
  constexpr std::int32_t kNoQueryExecutionPlans = 291;
  raise(location(kNoQueryExecutionPlans), "unable to find index for {} query (field '{}')",
        predicate.argument.name(), predicate.path);
}

MatchNodePtr refuse_where(bson::Element, MatchParse&) {
  raise(ErrorCode::BadValue, "$where needs JavaScript, which this server does not have");
}

}  // namespace freshet::query

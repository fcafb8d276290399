// SPDX-License-Identifier: Apache-2.0
// Filter operators that MongoDB has and Freshet does not yet have, refused with the codes clients
// know.
#include "base/error.h"
#include "query/match_parse.h"

namespace freshet::query {

MatchNodePtr refuse_where(bson::Element, MatchParse&) {
  raise(ErrorCode::BadValue, "$where needs JavaScript, which this server does not have");
}

}  // namespace freshet::query

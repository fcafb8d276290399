// SPDX-License-Identifier: Apache-2.0
// Hashed indexes: {a: "hashed"}, alone or among ordinary components.
#include <algorithm>

#include "base/error.h"
#include "catalog/index_kind.h"

namespace freshet::catalog {

void check_hashed_index(const ParsedIndexSpec& spec) {
  const auto hashed =
      std::count_if(spec.parts.begin(), spec.parts.end(),
                    [](const IndexPart& part) { return part.kind == IndexPart::Kind::Hashed; });
  if (hashed > 1) raise(location(31303), "an index has at most one hashed field");
  if (spec.unique) raise(location(16764), "hashed indexes cannot be unique");
  if (spec.expires) cannot_create_index("hashed indexes do not support 'expireAfterSeconds'");
  check_ordered_index(spec);
}

}  // namespace freshet::catalog

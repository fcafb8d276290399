// SPDX-License-Identifier: Apache-2.0
#include "catalog/definitions.h"

#include <algorithm>

namespace freshet::catalog {

bool IndexDefinition::is_hashed() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const IndexPart& part) { return part.kind == IndexPart::Kind::Hashed; });
}

const IndexDefinition* CollectionDefinition::find_index(std::string_view name) const {
  for (const IndexPtr& index : indexes) {
    if (index->name == name) return index.get();
  }
  return nullptr;
}

const IndexDefinition* CollectionDefinition::id_index() const {
  return !indexes.empty() && indexes.front()->is_id_index() ? indexes.front().get() : nullptr;
}

}  // namespace freshet::catalog

// SPDX-License-Identifier: Apache-2.0
#include "catalog/definitions.h"

#include <algorithm>

namespace freshet::catalog {

bool IndexDefinition::is_hashed() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const IndexPart& part) { return part.kind == IndexPart::Kind::Hashed; });
}

bool IndexDefinition::multikey() const {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (multikey_part(i)) return true;
  }
  return false;
}

const IndexDefinition* CollectionDefinition::find_index(std::string_view name) const {
  for (const IndexPtr& index : indexes) {
    if (index->name == name) return index.get();
  }
  return nullptr;
}

}  // namespace freshet::catalog

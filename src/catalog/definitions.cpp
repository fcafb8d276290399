// SPDX-License-Identifier: Apache-2.0
#include "catalog/definitions.h"

#include <algorithm>

namespace freshet::catalog {

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

IndexPtr CollectionDefinition::index_by_id(std::uint64_t index_id) const {
  for (const IndexPtr& index : indexes) {
    if (index->id == index_id) return index;
  }
  return nullptr;
}

const IndexDefinition* CollectionDefinition::text_index() const {
  const auto found = std::find_if(indexes.begin(), indexes.end(), [](const IndexPtr& index) {
    return index->kind == IndexKind::Text && index->ready();
  });
  return found == indexes.end() ? nullptr : found->get();
}

const IndexDefinition* CollectionDefinition::id_index() const {
  return !indexes.empty() && indexes.front()->is_id_index() ? indexes.front().get() : nullptr;
}

}  // namespace freshet::catalog

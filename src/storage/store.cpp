// SPDX-License-Identifier: Apache-2.0
#include "storage/store.h"

namespace freshet::storage {

std::vector<std::optional<std::string>> Reader::multi_get(
    Space space, const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const std::string& key : keys)
    values.push_back(get(space, key));
  return values;
}

}  // namespace freshet::storage

// SPDX-License-Identifier: Apache-2.0
// Test support: documents from Extended JSON, and codes of what throws.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "bson/json.h"
#include "bson/view.h"

namespace freshet::query::test {

/// A document from Extended JSON, kept alive by itself.
struct Doc {
  explicit Doc(std::string_view json) : bytes(bson::from_json(json)) {}
  bson::View view() const { return bson::View(bytes); }
  bson::ValueView value() const {
    return {bson::Type::Document, bytes.data(), static_cast<std::uint32_t>(bytes.size())};
  }
  std::string bytes;
};

inline std::string json(std::string_view bytes) {
  return bson::to_json(bson::View(bytes));
}
/// The same text for the same document, however it was written.
inline std::string norm(std::string_view text) {
  return json(bson::from_json(text));
}

/// The code of the Error that `action` throws; 0 when it throws none.
template <typename Action>
std::int32_t code_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return static_cast<std::int32_t>(error.code());
  }
  return 0;
}

}  // namespace freshet::query::test

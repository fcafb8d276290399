// SPDX-License-Identifier: Apache-2.0
// The engines that the contract suite runs over.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "storage/store.h"
#include "storage/testing_support.h"

namespace freshet::storage {

/// One engine with its data, which can be closed and opened again.
class TestEngine {
 public:
  virtual ~TestEngine() = default;
  virtual Store& store() = 0;
  /// Closes and opens; what was applied is still there when the engine is durable.
  virtual void reopen() = 0;
};

/// One row of the suite.
struct EngineKind {
  const char* name;
  std::unique_ptr<TestEngine> (*make)(Logger& logger);
};
inline std::ostream& operator<<(std::ostream& out, const EngineKind& kind) {
  return out << kind.name;
}

extern const EngineKind kEngineKinds[3];

}  // namespace freshet::storage

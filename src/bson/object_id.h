// SPDX-License-Identifier: Apache-2.0
// ObjectIds for documents that come without `_id`.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace freshet::bson {

/// The 12 bytes of one ObjectId.
struct ObjectId {
  std::array<char, 12> data{};
  std::string_view bytes() const { return {data.data(), data.size()}; }
  operator std::string_view() const {
    return bytes();
  }  // NOLINT: what Builder::add_object_id takes
  bool operator==(const ObjectId&) const = default;
};

/// Makes ObjectIds: seconds of the wall clock, 5 random bytes of this source, a counter that starts
/// at random. Thread-safe, without a lock.
class ObjectIdSource {
 public:
  /// `clock` must outlive the source; `random` is used here only.
  ObjectIdSource(const Clock& clock, Random& random);
  ObjectId next();

 private:
  const Clock& clock_;
  std::array<char, 5> process_{};
  std::atomic<std::uint32_t> counter_;
};

}  // namespace freshet::bson

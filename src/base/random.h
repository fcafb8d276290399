// SPDX-License-Identifier: Apache-2.0
// Chance enters the program only here, so that a test can replay it from a seed.
#pragma once

#include <cstdint>
#include <string>

#include "base/mutex.h"

namespace freshet {

/// Random numbers. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  /// Uniform in [0, bound). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// `count` random bytes.
  std::string bytes(std::size_t count);
};

/// Seeded from the operating system; for identifiers (UUIDs, cursor ids).
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// The same sequence for the same seed (splitmix64).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  Mutex mutex_;
  std::uint64_t state_ GUARDED_BY(mutex_);
};

}  // namespace freshet

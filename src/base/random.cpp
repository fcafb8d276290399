// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <sys/random.h>

#include "base/bytes.h"
#include "base/invariant.h"

namespace freshet {

std::string Random::bytes(std::size_t count) {
  std::string out;
  while (out.size() < count)
    append_le(out, next());
  out.resize(count);
  return out;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  const auto got = ::getrandom(&value, sizeof value, 0);
  invariant(got == static_cast<ssize_t>(sizeof value), "the operating system gives random bytes");
  return value;
}

std::uint64_t SeededRandom::next() {
  MutexLock lock(mutex_);
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace freshet

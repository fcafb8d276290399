// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <cstddef>

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

// A system call for each number would be felt by every cursor: a thread fetches some at a time.
std::uint64_t SystemRandom::next() {
  static_assert(sizeof(std::array<std::uint64_t, 32>) <= 256,
                "getrandom() gives this much at once");
  thread_local std::array<std::uint64_t, 32> stock;
  thread_local std::size_t left = 0;
  if (left == 0) {
    const auto got = ::getrandom(stock.data(), sizeof stock, 0);
    invariant(got == static_cast<ssize_t>(sizeof stock), "the operating system gives random bytes");
    left = stock.size();
  }
  return stock[--left];
}

std::uint64_t SeededRandom::next() {
  MutexLock lock(mutex_);
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace freshet

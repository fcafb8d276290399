// SPDX-License-Identifier: Apache-2.0
// Bugs abort. An invariant is never reachable by user input; if a test can trigger one it should
// have been an Error.
#pragma once

namespace freshet {

/// Prints `why` with the place and aborts the process. Does not allocate.
[[noreturn]] void invariant_failed(const char* why, const char* file, int line) noexcept;

}  // namespace freshet

#define invariant(condition, why) \
  ((condition) ? static_cast<void>(0) : ::freshet::invariant_failed(why, __FILE__, __LINE__))

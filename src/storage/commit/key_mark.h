// SPDX-License-Identifier: Apache-2.0
// How far the keys of one space are known; see NewKeys.
#pragma once

#include <cstdint>
#include <string>

namespace freshet::commit {

/// Of one space, for as long as the process writes it: two marks of a space at different times
/// would know different halves. Only NewKeys looks inside, under its mutex.
struct KeyMark {
  bool known = false;            ///< false: what the store holds was not asked yet
  std::uint64_t generation = 0;  ///< of NewKeys, when `newest` was last raised
  std::string floor;             ///< keys up to here may be there without being remembered
  std::string older;             ///< greatest key that the generation before put
  std::string newest;            ///< greatest key that this generation put
};

}  // namespace freshet::commit

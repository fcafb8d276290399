// SPDX-License-Identifier: Apache-2.0
// Test support: cases recorded from a MongoDB server, read from ../shared/goldens when that folder
// exists.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"

namespace freshet::query::golden {

struct Case {
  std::string id;
  std::string bson;  ///< {fixture, commands, expect, unordered…}
  bool doubtful = false;
  bson::View view() const { return bson::View(bson); }
};

/// False when the corpus is not there; tests then skip, visibly.
bool available();

/// The cases of an area ("query", "find", "update", "changes") that later versions did not
/// supersede.
std::vector<Case> load(std::string_view area);

/// Documents of the case's fixture: its own or those of the shared fixture it refers to.
std::vector<std::string> fixture_documents(const Case& one);

/// Whether `actual` is what was recorded; {"@any": kind} stands for anything, doubles may differ by
/// 1e-9 relative.
bool same(bson::ValueView expected, bson::ValueView actual);

/// Error code of a recorded reply: its own, or that of its first write error; 0 for success.
std::int32_t expected_code(bson::View reply);

/// Counts what differed and says so once at the end.
class Tally {
 public:
  void pass(const Case& one) { ++(one.doubtful ? doubtful_passed_ : passed_); }
  void fail(const Case& one, const std::string& why);
  void skip() { ++skipped_; }
  /// Fails the running test when a case that is not doubtful differed, unless its line holds one of
  /// `known`.
  void report(std::string_view what, const std::vector<std::string_view>& known) const;

 private:
  std::size_t passed_ = 0;
  std::size_t doubtful_passed_ = 0;
  std::size_t skipped_ = 0;
  std::vector<std::string> failed_;
  std::vector<std::string> doubtful_failed_;
};

}  // namespace freshet::query::golden

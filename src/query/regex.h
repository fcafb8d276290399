// SPDX-License-Identifier: Apache-2.0
// Regular expressions through PCRE2, with the bounds that text from clients needs.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.h"

namespace freshet::query {

/// A compiled pattern. Immutable and thread-safe; movable.
class Regex {
 public:
  /// `options`: letters of i m s x u. Throws `bad_pattern` when it does not compile, Location51108
  /// for another letter.
  Regex(std::string_view pattern, std::string_view options,
        ErrorCode bad_pattern = location(51091));
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  const std::string& pattern() const { return pattern_; }
  const std::string& options() const { return options_; }

  /// Whether it matches somewhere in `subject`. A subject that is not UTF-8 does not match. Throws
  /// Location51156 when the match takes more steps than allowed.
  bool matches(std::string_view subject) const;

  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// Byte ranges of the whole match [0] and of each group; a group that took no part is nothing.
  using Match = std::vector<std::optional<Span>>;
  /// The first match at or after byte `from`.
  std::optional<Match> find(std::string_view subject, std::size_t from = 0) const;
  std::size_t group_count() const { return group_count_; }

  /// Text every match begins with (for index bounds): "^abc" gives "abc"; empty when there is none.
  std::string literal_prefix() const;

 private:
  struct Code;
  int run(std::string_view subject, std::size_t from, void* match_data) const;

  std::string pattern_;
  std::string options_;
  std::unique_ptr<Code> code_;
  std::size_t group_count_ = 0;
};

}  // namespace freshet::query

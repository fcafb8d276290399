// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8

#include "query/regex.h"

#include <utility>

#include <pcre2.h>

#include "base/error.h"

namespace freshet::query {
namespace {

/// Steps one match may take; catastrophic patterns end here instead of occupying a thread.
constexpr std::uint32_t kMatchStepsMax = 1'000'000;
constexpr std::uint32_t kMatchHeapKiBMax = 8 << 10;
constexpr std::size_t kPatternBytesMax = 32764;

struct MatchDataFree {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using MatchData = std::unique_ptr<pcre2_match_data, MatchDataFree>;

std::uint32_t flags_of(std::string_view options) {
  std::uint32_t flags = PCRE2_UTF;
  for (const char option : options) {
    switch (option) {
      case 'i':
        flags |= PCRE2_CASELESS;
        break;
      case 'm':
        flags |= PCRE2_MULTILINE;
        break;
      case 's':
        flags |= PCRE2_DOTALL;
        break;
      case 'x':
        flags |= PCRE2_EXTENDED;
        break;
      case 'u':
        break;  // UTF is always on
      default:
        raise(location(51108), "invalid regular expression option '{}'; known are i, m, s, x and u",
              option);
    }
  }
  return flags;
}

std::string error_text(int error) {
  PCRE2_UCHAR text[128];
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct Regex::Code {
  pcre2_code* code = nullptr;
  pcre2_match_context* context = nullptr;
  ~Code() {
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
};

Regex::Regex(std::string_view pattern, std::string_view options, ErrorCode bad_pattern)
    : pattern_(pattern), options_(options), code_(std::make_unique<Code>()) {
  if (pattern.size() > kPatternBytesMax) {
    raise(bad_pattern, "regular expression of {} bytes; the maximum is {}", pattern.size(),
          kPatternBytesMax);
  }
  if (pattern.find('\0') != std::string_view::npos) {
    raise(bad_pattern, "a regular expression cannot contain a zero byte");
  }
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                              flags_of(options), &error, &offset, nullptr);
  if (code_->code == nullptr) {
    raise(bad_pattern, "regular expression is invalid at offset {}: {}", offset, error_text(error));
  }
  pcre2_jit_compile(code_->code, PCRE2_JIT_COMPLETE);  // without a JIT the interpreter does it
  code_->context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(code_->context, kMatchStepsMax);
  pcre2_set_heap_limit(code_->context, kMatchHeapKiBMax);
  std::uint32_t groups = 0;
  pcre2_pattern_info(code_->code, PCRE2_INFO_CAPTURECOUNT, &groups);
  group_count_ = groups;
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

int Regex::run(std::string_view subject, std::size_t from, void* match_data) const {
  auto* data = static_cast<pcre2_match_data*>(match_data);
  const auto* text = reinterpret_cast<PCRE2_SPTR>(subject.data());
  int result = pcre2_match(code_->code, text, subject.size(), from, 0, data, code_->context);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
    result =
        pcre2_match(code_->code, text, subject.size(), from, PCRE2_NO_JIT, data, code_->context);
  }
  const bool not_utf8 = result <= PCRE2_ERROR_UTF8_ERR1 && result >= PCRE2_ERROR_UTF8_ERR21;
  if (result < 0 && result != PCRE2_ERROR_NOMATCH && !not_utf8) {
    raise(location(51156), "matching the regular expression failed: {}", error_text(result));
  }
  return result;
}

bool Regex::matches(std::string_view subject) const {
  const MatchData data(pcre2_match_data_create(1, nullptr));
  return run(subject, 0, data.get()) >= 0;
}

std::optional<Regex::Match> Regex::find(std::string_view subject, std::size_t from) const {
  const MatchData data(pcre2_match_data_create_from_pattern(code_->code, nullptr));
  if (from > subject.size() || run(subject, from, data.get()) < 0) return std::nullopt;
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
  Match match(group_count_ + 1);
  for (std::size_t group = 0; group <= group_count_; ++group) {
    if (ends[2 * group] == PCRE2_UNSET) continue;
    match[group] = Span{ends[2 * group], ends[2 * group + 1]};
  }
  return match;
}

std::string Regex::literal_prefix() const {
  if (pattern_.empty() || pattern_.find('|') != std::string::npos) return {};
  if (options_.find_first_of("imx") != std::string::npos) return {};
  std::size_t at = 0;
  if (pattern_[0] == '^') {
    at = 1;
  } else if (pattern_.starts_with("\\A")) {
    at = 2;
  } else {
    return {};
  }
  std::string prefix;
  for (; at < pattern_.size(); ++at) {
    char c = pattern_[at];
    if (c == '\\') {
      if (at + 1 == pattern_.size()) break;
      const char next = pattern_[at + 1];
      const bool letter = (next >= '0' && next <= '9') || (next >= 'a' && next <= 'z') ||
                          (next >= 'A' && next <= 'Z');
      if (letter || static_cast<signed char>(next) < 0) break;
      c = next;
      ++at;
    } else if (std::string_view("^$.[]()+*?{}").find(c) != std::string_view::npos) {
      break;
    }
    prefix.push_back(c);
  }
  // A quantifier that allows zero takes the last character (a whole one, of up to four bytes) with
  // it.
  if (at < pattern_.size() &&
      std::string_view("*?{").find(pattern_[at]) != std::string_view::npos) {
    while (!prefix.empty() && (static_cast<unsigned char>(prefix.back()) & 0xC0U) == 0x80U)
      prefix.pop_back();
    if (!prefix.empty()) prefix.pop_back();
  }
  return prefix;
}

}  // namespace freshet::query

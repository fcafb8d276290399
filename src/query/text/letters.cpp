// SPDX-License-Identifier: Apache-2.0
#include "query/text/letters.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include <unicode/normalizer2.h>
#include <unicode/utf8.h>

#include "base/invariant.h"

namespace freshet::query {
namespace {

constexpr std::int32_t kAsciiEnd = 0x80;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < kAsciiEnd; });
}

bool is_ascii_word_end(std::int32_t c) {
  if (c == ' ' || (c >= '\t' && c <= '\r')) return true;
  const bool word =
      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return !word && c > ' ' && c < 0x7F;
}

std::string fold_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

const icu::Normalizer2& decomposer() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* found = icu::Normalizer2::getNFDInstance(status);
  invariant(U_SUCCESS(status) && found != nullptr, "ICU has its normal forms built in");
  return *found;
}

const icu::Normalizer2& composer() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* found = icu::Normalizer2::getNFCInstance(status);
  invariant(U_SUCCESS(status) && found != nullptr, "ICU has its normal forms built in");
  return *found;
}

icu::UnicodeString from_utf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

}  // namespace

std::string fold_case(std::string_view text, bool dotless_i) {
  if (!dotless_i && is_ascii(text)) return fold_ascii(text);
  const std::uint32_t options = dotless_i ? U_FOLD_CASE_EXCLUDE_SPECIAL_I : U_FOLD_CASE_DEFAULT;
  const icu::UnicodeString in = from_utf8(text);
  icu::UnicodeString folded;
  for (std::int32_t i = 0; i < in.length(); i = in.moveIndex32(i, 1))
    folded.append(u_foldCase(in.char32At(i), options));
  std::string out;
  folded.toUTF8String(out);
  return out;
}

std::string without_diacritics(std::string_view text) {
  if (is_ascii(text)) {
    std::string out;
    // The circumflex and the grave accent that stand alone count as marks too.
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return c != '^' && c != '`'; });
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString apart = decomposer().normalize(from_utf8(text), status);
  icu::UnicodeString bare;
  for (std::int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
    const UChar32 c = apart.char32At(i);
    if (!u_hasBinaryProperty(c, UCHAR_DIACRITIC)) bare.append(c);
  }
  const icu::UnicodeString whole = composer().normalize(bare, status);
  invariant(U_SUCCESS(status), "a string can be brought into a normal form");
  std::string out;
  whole.toUTF8String(out);
  return out;
}

std::int32_t next_character(std::string_view text, std::size_t& at) {
  UChar32 character = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  auto offset = static_cast<std::int32_t>(at);
  U8_NEXT(bytes, offset, static_cast<std::int32_t>(text.size()), character);
  at = static_cast<std::size_t>(offset);
  return character;
}

bool is_word_end(std::int32_t character) {
  if (character < 0) return true;
  if (character < kAsciiEnd) return is_ascii_word_end(character);
  constexpr UProperty kEnds[] = {UCHAR_DASH,           UCHAR_HYPHEN,
                                 UCHAR_PATTERN_SYNTAX, UCHAR_QUOTATION_MARK,
                                 UCHAR_WHITE_SPACE,    UCHAR_TERMINAL_PUNCTUATION};
  return std::any_of(std::begin(kEnds), std::end(kEnds), [character](UProperty property) {
    return u_hasBinaryProperty(character, property) != 0;
  });
}

bool is_white_space(std::int32_t character) {
  return character >= 0 && u_hasBinaryProperty(character, UCHAR_WHITE_SPACE) != 0;
}

}  // namespace freshet::query

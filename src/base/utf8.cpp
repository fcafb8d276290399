// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

namespace freshet {
namespace {

bool is_tail(unsigned char byte, unsigned char low = 0x80, unsigned char high = 0xBF) {
  return byte >= low && byte <= high;
}

}  // namespace

std::size_t utf8_sequence_size(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return 0;
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return text.size() >= 2 && is_tail(at(1)) ? 2 : 0;
  if (lead < 0xF0) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;   // overlong
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;  // surrogates
    return text.size() >= 3 && is_tail(at(1), low, high) && is_tail(at(2)) ? 3 : 0;
  }
  if (lead > 0xF4) return 0;
  const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
  return text.size() >= 4 && is_tail(at(1), low, high) && is_tail(at(2)) && is_tail(at(3)) ? 4 : 0;
}

std::size_t utf8_valid_prefix(std::string_view text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const std::size_t size = utf8_sequence_size(text.substr(done));
    if (size == 0) break;
    done += size;
  }
  return done;
}

std::string utf8_replaced(std::string text) {
  std::size_t valid = utf8_valid_prefix(text);
  if (valid == text.size()) return text;
  std::string shown;
  std::string_view rest = text;
  for (; !rest.empty(); valid = utf8_valid_prefix(rest)) {
    shown.append(rest.substr(0, valid));
    rest.remove_prefix(valid);
    if (rest.empty()) break;
    shown.append("\xEF\xBF\xBD");
    rest.remove_prefix(1);
  }
  return shown;
}

}  // namespace freshet

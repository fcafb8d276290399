// SPDX-License-Identifier: Apache-2.0
// $concat $toLower $toUpper $strcasecmp $strLenBytes $strLenCP $split $replaceOne $replaceAll $trim
// $ltrim $rtrim.
#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "query/expression/families.h"
#include "query/expression/text.h"

namespace freshet::query {
namespace {

std::string_view alias(const Value& value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

/// Only the letters of ASCII change case.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

Value map_characters(const Operands& in, char (*change)(char)) {
  std::string text = coerce_to_string(in[0].view());
  std::ranges::transform(text, text.begin(), change);
  return Value::string(text);
}

/// The three strings of $replaceOne and $replaceAll; null when one of them is.
struct Replacement {
  bool null = false;
  std::string input;
  std::string find;
  std::string replacement;
};

Replacement replacement_of(const Operands& in) {
  static constexpr int kCodes[] = {51746, 51745, 51744};
  static constexpr std::string_view kNames[] = {"input", "find", "replacement"};
  Replacement out;
  std::string* const targets[] = {&out.input, &out.find, &out.replacement};
  for (std::size_t i = 0; i < 3; ++i) {
    const Value value = in[i];
    if (value.nullish()) {
      out.null = true;
    } else if (value.view().is_string()) {
      *targets[i] = std::string(value.view().as_string());
    } else {
      raise(location(kCodes[i]), "the {} of {} must be a string, found {}", kNames[i], in.name(),
            alias(value));
    }
  }
  return out;
}

/// What $trim removes when no characters are given: Unicode white space and the zero byte.
constexpr std::string_view kWhiteSpace[] = {std::string_view("\0", 1),
                                            " ",
                                            "\t",
                                            "\n",
                                            "\v",
                                            "\f",
                                            "\r",
                                            "\u00A0",
                                            "\u1680",
                                            "\u2000",
                                            "\u2001",
                                            "\u2002",
                                            "\u2003",
                                            "\u2004",
                                            "\u2005",
                                            "\u2006",
                                            "\u2007",
                                            "\u2008",
                                            "\u2009",
                                            "\u200A"};

std::vector<std::string_view> code_points(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = std::min(utf8_length(text[at]), text.size() - at);
    out.push_back(text.substr(at, length));
    at += length;
  }
  return out;
}

std::string_view trim_left(std::string_view text, std::span<const std::string_view> characters) {
  for (bool again = true; again;) {
    again = false;
    for (const auto& character : characters) {
      if (!text.starts_with(character)) continue;
      text.remove_prefix(character.size());
      again = true;
      break;
    }
  }
  return text;
}

std::string_view trim_right(std::string_view text, std::span<const std::string_view> characters) {
  for (bool again = true; again;) {
    again = false;
    for (const auto& character : characters) {
      if (!text.ends_with(character)) continue;
      text.remove_suffix(character.size());
      again = true;
      break;
    }
  }
  return text;
}

}  // namespace

Value eval_concat(const Operands& in) {
  std::string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Value value = in[i];
    if (value.nullish()) return Value::null();
    if (!value.view().is_string())
      raise(location(16702), "$concat only supports strings, not {}", alias(value));
    check_size(out.size() + value.view().as_string().size());
    out += value.view().as_string();
  }
  return Value::string(out);
}

Value eval_to_lower(const Operands& in) {
  return map_characters(in, lower);
}

Value eval_to_upper(const Operands& in) {
  return map_characters(in, upper);
}

Value eval_strcasecmp(const Operands& in) {
  std::string left = coerce_to_string(in[0].view());
  std::string right = coerce_to_string(in[1].view());
  std::ranges::transform(left, left.begin(), upper);
  std::ranges::transform(right, right.begin(), upper);
  const int order = left.compare(right);
  return Value::int32(order < 0 ? -1 : order > 0 ? 1 : 0);
}

Value eval_str_len_bytes(const Operands& in) {
  const Value value = in[0];
  if (!value.view().is_string())
    raise(location(34473), "$strLenBytes requires a string argument, found: {}", alias(value));
  return Value::int32(static_cast<std::int32_t>(value.view().as_string().size()));
}

Value eval_str_len_cp(const Operands& in) {
  const Value value = in[0];
  if (!value.view().is_string())
    raise(location(34471), "$strLenCP requires a string argument, found: {}", alias(value));
  return Value::int32(static_cast<std::int32_t>(count_code_points(value.view().as_string())));
}

Value eval_split(const Operands& in) {
  const Value input = in[0];
  const Value separator_value = in[1];
  if (input.nullish() || separator_value.nullish()) return Value::null();
  if (!input.view().is_string()) {
    raise(location(40085),
          "$split requires an expression that evaluates to a string as a first argument, found: {}",
          alias(input));
  }
  if (!separator_value.view().is_string()) {
    raise(
        location(40086),
        "$split requires an expression that evaluates to a string as a second argument, found: {}",
        alias(separator_value));
  }
  const std::string_view text = input.view().as_string();
  const std::string_view separator = separator_value.view().as_string();
  if (separator.empty()) raise(location(40087), "$split requires a non-empty separator");
  bson::Builder out;
  for (std::size_t start = 0;;) {
    const auto end = text.find(separator, start);
    out.push(text.substr(start, end == std::string_view::npos ? end : end - start));
    check_size(out.size_bytes());
    if (end == std::string_view::npos) return finish_array(out);
    start = end + separator.size();
  }
}

Value eval_replace_one(const Operands& in) {
  const Replacement what = replacement_of(in);
  if (what.null) return Value::null();
  std::string out = what.input;
  const auto at = out.find(what.find);
  if (at != std::string::npos) out.replace(at, what.find.size(), what.replacement);
  return Value::string(out);
}

Value eval_replace_all(const Operands& in) {
  const Replacement what = replacement_of(in);
  if (what.null) return Value::null();
  std::string out;
  const std::string_view text = what.input;
  for (std::size_t start = 0;;) {
    const auto at = text.find(what.find, start);
    if (at == std::string_view::npos) {
      out += text.substr(start);
      break;
    }
    out += text.substr(start, at - start);
    out += what.replacement;
    check_size(out.size());
    start = at + what.find.size();
    if (!what.find.empty()) continue;
    // An empty pattern matches before every byte and at the end.
    if (start >= text.size()) break;
    out += text[start++];
  }
  return Value::string(out);
}

Value eval_trim(const Operands& in) {
  const Value input = in[0];
  if (input.nullish()) return Value::null();
  if (!input.view().is_string()) {
    raise(location(50699), "{} requires its input to be a string, got {}", in.name(), alias(input));
  }
  const Value chars = in[1];
  if (in.has(1)) {
    if (chars.nullish()) return Value::null();
    if (!chars.view().is_string()) {
      raise(location(50700), "{} requires 'chars' to be a string, got {}", in.name(), alias(chars));
    }
  }
  std::vector<std::string_view> given;
  std::span<const std::string_view> characters = kWhiteSpace;
  if (in.has(1)) {
    given = code_points(chars.view().as_string());
    characters = given;
  }
  std::string_view text = input.view().as_string();
  if (in.name() != "$rtrim") text = trim_left(text, characters);
  if (in.name() != "$ltrim") text = trim_right(text, characters);
  return Value::string(text);
}

}  // namespace freshet::query

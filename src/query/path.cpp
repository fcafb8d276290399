// SPDX-License-Identifier: Apache-2.0
#include "query/path.h"

#include "base/error.h"

namespace freshet::query {
namespace {

constexpr std::size_t kFieldPathPartsMax = 200;

bool is_dbref_name(std::string_view name) {
  return name == "$ref" || name == "$id" || name == "$db";
}

}  // namespace

void check_field_path(std::string_view path) {
  if (path.empty()) raise(location(40352), "a field path cannot be empty");
  if (path.back() == '.')
    raise(location(40353), "a field path must not end with a '.', found '{}'", path);
  const Path split(path);
  if (split.size() > kFieldPathPartsMax) {
    raise(ErrorCode::Overflow, "a field path has at most {} parts, found {}", kFieldPathPartsMax,
          split.size());
  }
  for (std::size_t i = 0; i < split.size(); ++i) {
    const std::string_view part = split.part(i);
    if (part.empty())
      raise(location(15998), "a field path must not have an empty part, found '{}'", path);
    if (part[0] == '$' && !is_dbref_name(part)) {
      raise(location(16410),
            "field names in a path may not start with '$', found '{}'; consider $getField or "
            "$setField",
            path);
    }
    if (part.find('\0') != std::string_view::npos)
      raise(location(16411), "a field path must not hold a zero byte");
  }
}

std::uint32_t parse_array_index(std::string_view text) {
  if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0')) return Path::kNoIndex;
  std::uint32_t index = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return Path::kNoIndex;
    index = index * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return index;
}

bool is_path_prefix(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '.');
}

Path::Path(std::string_view dotted) : text_(dotted) {
  std::size_t begin = 0;
  for (;;) {
    const std::size_t dot = text_.find('.', begin);
    const std::size_t end = dot == std::string::npos ? text_.size() : dot;
    const std::string_view part = std::string_view(text_).substr(begin, end - begin);
    parts_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(part.size()),
                      parse_array_index(part)});
    if (dot == std::string::npos) return;
    begin = dot + 1;
  }
}

}  // namespace freshet::query

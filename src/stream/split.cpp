// SPDX-License-Identifier: Apache-2.0
#include "stream/split.h"

#include <cstdint>
#include <utility>

#include "bson/builder.h"
#include "stream/stream_error.h"

namespace freshet::stream {
namespace {

/// `_id`, splitEvent and the document around them.
constexpr std::size_t kFragmentOverhead = 256;

using Fields = std::vector<bson::Element>;

std::size_t size_of(const bson::Element& field) {
  return 2 + field.name().size() + field.raw().size();
}

std::vector<Fields> distribute(bson::View event, const model::ResumeToken& token,
                               std::size_t bytes_max) {
  std::vector<Fields> fragments(1);
  std::size_t used = kFragmentOverhead;
  for (const bson::Element& field : event) {
    if (field.name() == "_id") continue;
    const std::size_t size = size_of(field);
    if (kFragmentOverhead + size > bytes_max) raise_too_large(size, token);
    if (used + size > bytes_max) {
      fragments.emplace_back();
      used = kFragmentOverhead;
    }
    fragments.back().push_back(field);
    used += size;
  }
  return fragments;
}

}  // namespace

std::vector<std::string> split_event(bson::View event, const model::ResumeToken& token,
                                     std::size_t bytes_max) {
  const std::vector<Fields> fragments = distribute(event, token, bytes_max);
  std::vector<std::string> documents;
  documents.reserve(fragments.size());
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    model::ResumeToken id = token;
    id.fragment = static_cast<std::uint16_t>(i);
    bson::Builder out;
    id.append_to(out, "_id");
    out.open_document("splitEvent")
        .add("fragment", static_cast<std::int32_t>(i + 1))
        .add("of", static_cast<std::int32_t>(fragments.size()))
        .close();
    for (const bson::Element& field : fragments[i])
      out.add(field);
    documents.push_back(out.take());
  }
  return documents;
}

}  // namespace freshet::stream

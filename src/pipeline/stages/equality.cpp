// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/equality.h"

#include <algorithm>

#include "bson/builder.h"

namespace freshet::pipeline {

using bson::Value;
using bson::ValueView;

void collect_values(const query::Path& path, bson::View document, bool missing_as_null,
                    std::vector<Value>& out) {
  const std::size_t before = out.size();
  const char* last = nullptr;  // bytes of the value visited before this one
  query::visit_path(
      path, document, query::LeafArrays::Open, [&](ValueView value, std::size_t position) {
        const char* const data = value.raw().data();
        // An array comes after its elements; it is none of the values then.
        const bool opened = value.is_array() &&
                            (last != nullptr && last > data && last < data + value.raw().size());
        const bool empty =
            value.is_array() && position == query::kNoPosition && value.as_document().empty();
        last = data;
        if (opened || empty || value.missing() || value.type() == bson::Type::Undefined)
          return false;
        out.push_back(Value::copy(value));
        return false;
      });
  if (missing_as_null && out.size() == before) out.push_back(Value::null());
}

std::string equal_to_any(std::string_view path, const std::vector<Value>& values, bson::View also) {
  const bool has_regex = std::ranges::any_of(
      values, [](const Value& value) { return value.type() == bson::Type::Regex; });
  bson::Builder out;
  if (has_regex) {
    out.open_array("$or");
    for (const Value& value : values) {
      out.push_document().open_document(path).add("$eq", value.view()).close().close();
    }
    out.close();
  } else {
    out.open_document(path).open_array("$in");
    for (const Value& value : values)
      out.push(value.view());
    out.close().close();
  }
  if (!also.empty()) out.open_array("$and").push(also).close();
  return out.take();
}

}  // namespace freshet::pipeline

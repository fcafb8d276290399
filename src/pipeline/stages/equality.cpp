// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/equality.h"

#include <algorithm>

#include "bson/builder.h"

namespace freshet::pipeline {

using bson::Value;
using bson::ValueView;

void collect_values(const query::Path& path, bson::View document, bool missing_as_null,
                    std::vector<Value>& out) {
  query::visit_path(path, document, query::LeafArrays::Open, [&](ValueView value, std::size_t) {
    const bool absent = value.missing() || value.type() == bson::Type::Undefined;
    if (!absent) {
      out.push_back(Value::copy(value));
    } else if (missing_as_null) {
      out.push_back(Value::null());
    }
    return false;
  });
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

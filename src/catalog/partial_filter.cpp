// SPDX-License-Identifier: Apache-2.0
#include "catalog/partial_filter.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include "catalog/index_kind.h"
#include "query/context.h"
#include "query/matcher.h"

namespace freshet::catalog {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> set) {
  for (const std::string_view member : set) {
    if (member == text) return true;
  }
  return false;
}

void check_partial_operators(bson::View operators) {
  for (const bson::Element& op : operators) {
    if (op.name().empty() || op.name()[0] != '$') return;  // a whole value: equality
    if (op.name() == "$exists") {
      if (!op.truthy())
        cannot_create_index("$exists: false is not allowed in a partialFilterExpression");
    } else if (!one_of(op.name(), {"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$type"})) {
      cannot_create_index(fmt::format("{} is not allowed in a partialFilterExpression", op.name()));
    }
  }
}

void check_fields(bson::View filter) {
  for (const bson::Element& field : filter) {
    if (field.name() == "$and" || field.name() == "$or") {
      if (!field.is_array()) cannot_create_index(fmt::format("{} needs an array", field.name()));
      for (const bson::Element& branch : field.as_document()) {
        if (branch.is_document()) check_fields(branch.as_document());
      }
    } else if (!field.name().empty() && field.name()[0] == '$') {
      cannot_create_index(
          fmt::format("{} is not allowed in a partialFilterExpression", field.name()));
    } else if (field.is_document()) {
      check_partial_operators(field.as_document());
    } else if (field.type() == bson::Type::Regex) {
      cannot_create_index("a regular expression is not allowed in a partialFilterExpression");
    }
  }
}

}  // namespace

void check_partial_filter(bson::View filter) {
  check_fields(filter);
  query::Matcher(filter, query::QueryContext{});
}

}  // namespace freshet::catalog

// SPDX-License-Identifier: Apache-2.0
// arrayFilters: one filter per identifier of "$[identifier]".
#include <algorithm>
#include <set>

#include "base/error.h"
#include "query/match_node.h"
#include "query/update_tree.h"

namespace freshet::query {
namespace {

void collect_identifiers(const MatchNode& node, std::set<std::string>& out) {
  switch (node.kind()) {
    case MatchKind::And:
    case MatchKind::Or:
    case MatchKind::Nor:
      for (const MatchNodePtr& child : static_cast<const ListNode&>(node).children())
        collect_identifiers(*child, out);
      return;
    case MatchKind::Not:
      return collect_identifiers(static_cast<const NotNode&>(node).child(), out);
    case MatchKind::Expression:
      raise(ErrorCode::QueryFeatureNotAllowed,
            "$expr is not allowed in the context of array filters");
    case MatchKind::AlwaysTrue:
    case MatchKind::AlwaysFalse:
    case MatchKind::Sample:
      return;
    default:
      out.emplace(static_cast<const PathNode&>(node).path().part(0));
  }
}

void check_identifier(const std::string& id) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto fits = [&](char c) {
    return lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (id.empty() || !lower(id[0]) || !std::ranges::all_of(id, fits)) {
    raise(ErrorCode::BadValue,
          "the top-level field name in an array filter must be an alphanumeric string beginning "
          "with a lowercase letter, "
          "found '{}'",
          id);
  }
}

/// Whether some path of the operators has the part "$[id]".
bool is_used(std::string_view id, bson::View operators) {
  for (const bson::Element& op : operators) {
    if (!op.is_document()) continue;
    for (const bson::Element& argument : op.as_document()) {
      const Path path(argument.name());
      for (std::size_t i = 0; i < path.size(); ++i) {
        const std::string_view part = path.part(i);
        if (part.size() == id.size() + 3 && part.starts_with("$[") &&
            part.substr(2, id.size()) == id)
          return true;
      }
    }
  }
  return false;
}

}  // namespace

ArrayFilters parse_array_filters(bson::View filters, const QueryContext& context) {
  ArrayFilters result;
  for (const bson::Element& element : filters) {
    if (!element.is_document()) {
      raise(ErrorCode::TypeMismatch, "each array filter has to be an object, found {}",
            bson::type_alias(element.type()));
    }
    Matcher matcher(element.as_document(), context, FilterOf::Parts);
    std::set<std::string> identifiers;
    collect_identifiers(matcher.root(), identifiers);
    if (identifiers.empty()) {
      raise(ErrorCode::FailedToParse,
            "cannot use an expression without a top-level field name in arrayFilters");
    }
    if (identifiers.size() > 1) {
      raise(
          ErrorCode::FailedToParse,
          "error parsing array filter: expected a single top-level field name, found '{}' and '{}'",
          *identifiers.begin(), *std::next(identifiers.begin()));
    }
    check_identifier(*identifiers.begin());
    if (!result.emplace(*identifiers.begin(), std::move(matcher)).second) {
      raise(ErrorCode::FailedToParse,
            "found multiple array filters with the same top-level field name '{}'",
            *identifiers.begin());
    }
  }
  return result;
}

void check_filters_used(const ArrayFilters& filters, bson::View operators) {
  for (const auto& [id, matcher] : filters) {
    if (!is_used(id, operators)) {
      raise(ErrorCode::FailedToParse,
            "the array filter for identifier '{}' was not used in the update", id);
    }
  }
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// $regex with $options, and regular expressions as values.
#include "base/error.h"
#include "query/match_parse.h"

namespace freshet::query {

bool RegexNode::matches_value(bson::ValueView value) const {
  switch (value.type()) {
    case bson::Type::String:
    case bson::Type::Symbol:
      return regex_.matches(value.as_string());
    case bson::Type::Regex: {
      const bson::RegexView other = value.as_regex();
      return other.pattern == regex_.pattern() && other.options == regex_.options();
    }
    default:
      return false;
  }
}

MatchNodePtr make_regex(std::string_view path, bson::ValueView regex) {
  const bson::RegexView view = regex.as_regex();
  return std::make_unique<RegexNode>(path, view.pattern, view.options);
}

MatchNodePtr parse_regex(const FieldPredicate& predicate, MatchParse&) {
  const bson::Element& argument = predicate.argument;
  std::string_view pattern;
  std::string_view options;
  if (argument.is_string()) {
    pattern = argument.as_string();
  } else if (argument.type() == bson::Type::Regex) {
    pattern = argument.as_regex().pattern;
    options = argument.as_regex().options;
  } else {
    raise(ErrorCode::BadValue, "$regex has to be a string, found {}",
          bson::type_alias(argument.type()));
  }
  if (const bson::Element given = predicate.siblings["$options"]) {
    if (!given.is_string()) {
      raise(ErrorCode::BadValue, "$options has to be a string, found {}",
            bson::type_alias(given.type()));
    }
    if (!options.empty()) raise(location(51075), "options set in both $regex and $options");
    options = given.as_string();
  }
  return std::make_unique<RegexNode>(predicate.path, pattern, options);
}

MatchNodePtr parse_options(const FieldPredicate& predicate, MatchParse&) {
  if (!predicate.siblings["$regex"]) raise(ErrorCode::BadValue, "$options needs a $regex");
  return nullptr;  // $regex reads it
}

}  // namespace freshet::query

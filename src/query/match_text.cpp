// SPDX-License-Identifier: Apache-2.0
#include "query/match_text.h"

#include <optional>
#include <string_view>

#include "base/error.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

struct TextArgument {
  std::optional<std::string_view> search;
  const TextLanguage* language = nullptr;
  TextFolding folding;
};

void expect(const bson::Element& field, bson::Type type) {
  if (field.type() == type) return;
  raise(ErrorCode::TypeMismatch, "expected {} in '{}', found {}", bson::type_alias(type),
        field.name(), bson::type_alias(field.type()));
}

const TextLanguage& language_named(std::string_view name) {
  const TextLanguage* found = find_text_language(name);
  if (found == nullptr) raise(ErrorCode::BadValue, "unsupported language: '{}'", name);
  return *found;
}

TextArgument read(const bson::Element& argument, const TextLanguage& default_language) {
  if (!argument.is_document()) raise(ErrorCode::BadValue, "$text expects an object");
  TextArgument out{.language = &default_language};
  for (const bson::Element& field : argument.as_document()) {
    if (field.name() == "$search") {
      expect(field, bson::Type::String);
      out.search = field.as_string();
    } else if (field.name() == "$language") {
      expect(field, bson::Type::String);
      out.language = &language_named(field.as_string());
    } else if (field.name() == "$caseSensitive") {
      expect(field, bson::Type::Bool);
      out.folding.case_sensitive = field.truthy();
    } else if (field.name() == "$diacriticSensitive") {
      expect(field, bson::Type::Bool);
      out.folding.diacritic_sensitive = field.truthy();
    } else {
      raise(ErrorCode::BadValue, "unknown field '{}' in $text", field.name());
    }
  }
  if (!out.search) raise(ErrorCode::NoSuchKey, "missing expected field '$search' in $text");
  return out;
}

}  // namespace

MatchNodePtr parse_text(bson::Element argument, MatchParse& parse) {
  if (parse.in_elem_match)
    raise(ErrorCode::BadValue, "$text can only be applied to the top-level document");
  if (parse.context.search == nullptr || parse.of_parts)
    raise(ErrorCode::BadValue, "$text is not allowed in this context");
  if (parse.in_nor) raise(ErrorCode::BadValue, "$text cannot stand in a $nor");
  if (parse.has_text) raise(ErrorCode::BadValue, "a filter may have only one $text");
  if (parse.has_near) raise(ErrorCode::BadValue, "text and $near not allowed in same query");
  parse.has_text = true;
  const std::shared_ptr<const TextIndex>& index = parse.context.search->index;
  // The argument is checked first, whether there is an index or not.
  const TextArgument text =
      read(argument, index ? index->default_language() : language_named(kDefaultTextLanguage));
  if (index == nullptr) raise(ErrorCode::IndexNotFound, "text index required for $text query");
  return std::make_unique<TextNode>(TextSearch(*text.search, *text.language, text.folding, index));
}

const TextNode* find_text(const MatchNode& root) {
  if (root.kind() == MatchKind::Text) return &static_cast<const TextNode&>(root);
  if (root.kind() != MatchKind::And && root.kind() != MatchKind::Or) return nullptr;
  for (const MatchNodePtr& child : static_cast<const ListNode&>(root).children()) {
    if (const TextNode* found = find_text(*child)) return found;
  }
  return nullptr;
}

bool mentions_text(bson::View filter) {
  for (const bson::Element& field : filter) {
    const std::string_view name = field.name();
    if (name == "$text") return true;
    const bool list = name == "$and" || name == "$or" || name == "$nor";
    if (!list || !field.is_array()) continue;
    for (const bson::Element& branch : field.as_document()) {
      if (branch.is_document() && mentions_text(branch.as_document())) return true;
    }
  }
  return false;
}

}  // namespace freshet::query

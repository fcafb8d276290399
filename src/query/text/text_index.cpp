// SPDX-License-Identifier: Apache-2.0
#include "query/text/text_index.h"

#include "base/error.h"
#include "base/invariant.h"

namespace freshet::query {

TextIndex::TextIndex(bson::View spec)
    : default_language_(find_text_language(spec["default_language"].as_string())),
      language_override_(spec["language_override"].as_string()) {
  invariant(default_language_ != nullptr, "the language was checked when the index was made");
  for (const bson::Element& field : spec["weights"].as_document()) {
    if (field.name() == kAllTextFields) {
      weight_of_all_ = field.number_as_double();
    } else {
      weights_.emplace(field.name(), field.number_as_double());
    }
  }
}

void TextIndex::visit(bson::View document, TextSink& sink) const {
  visit_fields(document, std::string(), *default_language_, sink);
}

const TextLanguage& TextIndex::language_of(bson::View document, const TextLanguage& outer) const {
  const bson::Element named = document[language_override_];
  if (named.missing()) return outer;
  if (!named.is_string()) {
    raise(location(17261), "found the language override field '{}' in a document with type {}",
          language_override_, bson::type_alias(named.type()));
  }
  const TextLanguage* found = find_text_language(named.as_string());
  if (found == nullptr) {
    raise(location(17262), "language override unsupported: {}", named.as_string());
  }
  return *found;
}

std::optional<double> TextIndex::weight_of(const std::string& path) const {
  const auto found = weights_.find(path);
  return found == weights_.end() ? weight_of_all_ : found->second;
}

/// Whether texts may lie below `path`.
bool TextIndex::enters(const std::string& path) const {
  if (weight_of_all_) return true;
  const std::string below = path + ".";
  const auto first = weights_.lower_bound(below);
  return first != weights_.end() && first->first.starts_with(below);
}

void TextIndex::visit_fields(bson::View document, const std::string& prefix,
                             const TextLanguage& outer, TextSink& sink) const {
  const TextLanguage& language = language_of(document, outer);
  for (const bson::Element& field : document) {
    if (field.name() == language_override_) continue;
    std::string path = prefix;
    if (!prefix.empty()) path += '.';
    path += field.name();
    visit_value(field, path, language, sink);
  }
}

void TextIndex::visit_value(bson::ValueView value, const std::string& path,
                            const TextLanguage& language, TextSink& sink) const {
  if (value.is_string()) {
    if (const auto weight = weight_of(path)) sink.take(value.as_string(), *weight, language);
  } else if (value.is_document()) {
    if (enters(path)) visit_fields(value.as_document(), path, language, sink);
  } else if (value.is_array()) {
    for (const bson::Element& element : value.as_document()) {
      // Of an array within an array nothing is indexed.
      if (!element.is_array()) visit_value(element, path, language, sink);
    }
  }
}

}  // namespace freshet::query

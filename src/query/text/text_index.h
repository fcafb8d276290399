// SPDX-License-Identifier: Apache-2.0
// What a text index looks at: fields and their weights, and the language of each text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "bson/view.h"
#include "query/text/language.h"

namespace freshet::query {

inline constexpr std::string_view kAllTextFields = "$**";
inline constexpr std::string_view kDefaultLanguageOverride = "language";

/// Receives the texts of a document. They live as long as the document.
class TextSink {
 public:
  virtual ~TextSink() = default;
  virtual void take(std::string_view text, double weight, const TextLanguage& language) = 0;
};

/// Immutable, thread-safe.
class TextIndex {
 public:
  /// Requires: `spec` is an index specification in normal form.
  explicit TextIndex(bson::View spec);

  const TextLanguage& default_language() const { return *default_language_; }

  /// Every string at a weighted path, through arrays, and for "$**" every string there is. Throws
  /// Location17261 and 17262 for a document that names a language that is none.
  void visit(bson::View document, TextSink& sink) const;

 private:
  const TextLanguage& language_of(bson::View document, const TextLanguage& outer) const;
  std::optional<double> weight_of(const std::string& path) const;
  bool enters(const std::string& path) const;
  void visit_fields(bson::View document, const std::string& prefix, const TextLanguage& outer,
                    TextSink& sink) const;
  void visit_value(bson::ValueView value, const std::string& path, const TextLanguage& language,
                   TextSink& sink) const;

  std::map<std::string, double, std::less<>> weights_;
  std::optional<double> weight_of_all_;  ///< of "$**"; nothing: only the fields of weights_
  const TextLanguage* default_language_;
  std::string language_override_;
};

}  // namespace freshet::query

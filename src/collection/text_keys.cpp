// SPDX-License-Identifier: Apache-2.0
// The keys of text indexes: the ordinary components before the text, and a term.
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bson/value.h"
#include "collection/key_makers.h"
#include "collection/key_values.h"
#include "query/text/term_scores.h"

namespace freshet::collection {
namespace {

using catalog::IndexDefinition;
using catalog::IndexPart;

/// What stands before the text, encoded.
class TextPrefix final : public CombinationSink {
 public:
  TextPrefix(const IndexDefinition& index, bson::View document) : index_(index) {
    std::vector<std::string_view> paths;
    for (std::size_t i = 0; i < text_component(index); ++i)
      paths.emplace_back(index.parts[i].path);
    if (paths.empty()) return;
    if (!for_each_combination(paths, document, *this).empty()) {
      raise(location(16675), "what stands before the text in a text index cannot be an array");
    }
  }

  void take(const std::vector<ComponentValue>& values) override {
    encoded.clear();
    for (std::size_t i = 0; i < values.size(); ++i)
      append_index_value(encoded, index_, i, values[i].value);
  }

  std::string encoded;

 private:
  const IndexDefinition& index_;
};

}  // namespace

std::size_t text_component(const IndexDefinition& index) {
  std::size_t i = 0;
  while (index.parts[i].kind != IndexPart::Kind::Text)
    ++i;
  return i;
}

void make_text_keys(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  query::TermScores terms;
  index.text->visit(document, terms);
  const TextPrefix prefix(index, document);
  const std::size_t component = text_component(index);
  for (const auto& [term, score] : terms.by_term()) {
    std::string key = prefix.encoded;
    append_index_value(key, index, component, bson::Value::string(term));
    out.keys.push_back(bounded_key(std::move(key)));
  }
}

}  // namespace freshet::collection

// SPDX-License-Identifier: Apache-2.0
// Text indexes: {a: "text", b: "text"}, {"$**": "text"}, with ordinary components before and
// behind. The normal key pattern has "_fts" and "_ftsx" in the place of the text fields, which are
// those of `weights`.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "catalog/index_kind.h"
#include "query/path.h"

namespace freshet::catalog {
namespace {

constexpr std::string_view kTermComponent = "_fts";
constexpr std::string_view kWeightComponent = "_ftsx";
constexpr std::int32_t kTextIndexVersion = 3;
constexpr double kWeightEnd = 1'000'000'000;

using Weights = std::map<std::string, double, std::less<>>;

bool is_text(const bson::Element& component) {
  return component.is_string() && component.as_string() == "text";
}

void check_text_path(std::string_view path) {
  if (path == query::kAllTextFields) return;
  const query::Path parts(path);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts.part(i).empty()) cannot_create_index("a text field's path has an empty part");
    if (parts.part(i).front() == '$') {
      cannot_create_index(fmt::format("the text field '{}' has a part that begins with $", path));
    }
  }
}

double weight_from(const bson::Element& field) {
  const double weight = field.is_number() ? field.number_as_double() : 0;
  if (!(weight > 0 && weight < kWeightEnd)) {
    cannot_create_index(
        fmt::format("the weight of '{}' must be a number in the exclusive interval (0, 1000000000)",
                    field.name()));
  }
  return weight;
}

Weights weights_of(const ParsedIndexSpec& spec) {
  Weights out;
  for (const bson::Element& component : spec.key) {
    if (is_text(component) && component.name() != kTermComponent) out.emplace(component.name(), 1);
  }
  const bson::ValueView given = spec.kind_option("weights");
  if (given.is_document()) {
    for (const bson::Element& field : given.as_document())
      out.insert_or_assign(std::string(field.name()), weight_from(field));
  } else if (given.is_string() && given.as_string() == query::kAllTextFields) {
    out.emplace(query::kAllTextFields, 1);
  } else if (given) {
    cannot_create_index("'weights' must be an object");
  }
  if (out.empty()) cannot_create_index("a text index needs a field to look into");
  for (const auto& [path, weight] : out)
    check_text_path(path);
  return out;
}

std::string string_option(const ParsedIndexSpec& spec, std::string_view name,
                          std::string_view otherwise) {
  const bson::ValueView given = spec.kind_option(name);
  if (!given) return std::string(otherwise);
  if (!given.is_string() || given.as_string().empty()) {
    cannot_create_index(fmt::format("'{}' must be a string that is not empty", name));
  }
  return std::string(given.as_string());
}

void check_version(const ParsedIndexSpec& spec) {
  const bson::ValueView version = spec.kind_option("textIndexVersion");
  if (!version) return;
  if (!version.is_number() || version.number_as_double() != kTextIndexVersion) {
    cannot_create_index(
        fmt::format("this server makes text indexes of version {} only", kTextIndexVersion));
  }
}

// The text fields stand side by side; the others are ordinary.
void check_components(const ParsedIndexSpec& spec) {
  int groups = 0;
  bool within = false;
  for (const bson::Element& component : spec.key) {
    const bool weight = component.name() == kWeightComponent;
    if (!is_text(component) && !weight && !component.is_number()) {
      cannot_create_index("a text index has text fields, and ordinary ones before and behind");
    }
    const bool text = is_text(component) || weight;
    if (text && !within) ++groups;
    within = text;
    if (!text && is_wildcard_path(component.name())) {
      cannot_create_index("a text index cannot have a wildcard component");
    }
  }
  if (groups > 1) cannot_create_index("'text' fields in an index must all be adjacent");
}

}  // namespace

void check_text_index(const ParsedIndexSpec& spec) {
  refuse_unique_and_expiring(spec, "text");
  if (spec.collation != nullptr) {
    cannot_create_index("text indexes support the simple collation only");
  }
  if (spec.wildcard_projection) {
    raise(ErrorCode::BadValue, "'wildcardProjection' is an option of indexes on '$**' only");
  }
  check_components(spec);
  check_version(spec);
  weights_of(spec);
  string_option(spec, "language_override", query::kDefaultLanguageOverride);
  const std::string language = string_option(spec, "default_language", query::kDefaultTextLanguage);
  if (query::find_text_language(language) == nullptr) {
    cannot_create_index(fmt::format("'default_language' is not supported: '{}'", language));
  }
}

std::string normal_text_key(const ParsedIndexSpec& spec) {
  bson::Builder out;
  bool written = false;
  for (const bson::Element& component : spec.key) {
    if (component.name() == kWeightComponent) continue;
    if (!is_text(component)) {
      out.add(component);
    } else if (!written) {
      out.add(kTermComponent, "text").add(kWeightComponent, std::int32_t{1});
      written = true;
    }
  }
  return out.take();
}

void add_text_options(const ParsedIndexSpec& spec, bson::Builder& out) {
  out.open_document("weights");
  for (const auto& [path, weight] : weights_of(spec)) {
    const auto whole = static_cast<std::int32_t>(weight);
    if (whole == weight) {
      out.add(path, whole);
    } else {
      out.add(path, weight);
    }
  }
  out.close();
  out.add("default_language", string_option(spec, "default_language", query::kDefaultTextLanguage));
  out.add("language_override",
          string_option(spec, "language_override", query::kDefaultLanguageOverride));
  out.add("textIndexVersion", kTextIndexVersion);
}

}  // namespace freshet::catalog

// SPDX-License-Identifier: Apache-2.0
// What wildcard indexes offer: for each path that the filter speaks of, an index with the path as
// one component and the value there as the next.
#include <algorithm>
#include <utility>

#include "bson/key.h"
#include "catalog/wildcard_paths.h"
#include "collection/wildcard_keys.h"
#include "pipeline/plan/candidate.h"
#include "pipeline/plan/conjunct_bounds.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

constexpr std::string_view kPathComponent = "$_path";
/// Numbers in a path that may be places in arrays, which entries leave out: more are too many
/// forms.
constexpr std::size_t kPlacesMax = 6;

bool is_number(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The forms under which entries may have the path: with and without each of its numbers. None when
/// there are too many.
std::vector<std::string> forms_of(const std::string& path) {
  const query::Path split(path);
  std::vector<std::string> forms{std::string()};
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < split.size(); ++i) {
    const bool optional = i > 0 && is_number(split.part(i));
    if (optional && ++numbers > kPlacesMax) return {};
    const std::size_t before = forms.size();
    for (std::size_t j = 0; j < before; ++j) {
      if (optional) forms.push_back(forms[j]);
      if (i > 0) forms[j] += '.';
      forms[j] += split.part(i);
    }
  }
  return forms;
}

bool all_included(const catalog::WildcardPaths& paths, const std::vector<std::string>& forms) {
  return !forms.empty() && std::all_of(forms.begin(), forms.end(), [&](const std::string& form) {
    return paths.includes(form);
  });
}

std::string key_of(const std::string& text) {
  std::string key;
  bson::append_key(key, bson::Value::string(text));
  return key;
}

IntervalSet path_set(const std::vector<std::string>& forms) {
  std::vector<Interval> out;
  for (const std::string& form : forms)
    out.push_back(point_of_key(key_of(form), bson::Value::string(form)));
  return normal(std::move(out));
}

/// The paths below `path`.
Interval paths_below(const std::string& path) {
  const std::string first = path + ".";
  const std::string behind = path + "/";  // the character behind the dot
  return {{key_of(first), bson::Value::string(first), false},
          {key_of(behind), bson::Value::string(behind), false}};
}

class Wildcard {
 public:
  Wildcard(const catalog::IndexPtr& index, const Demands& demands, const AccessRequest& request)
      : index_(index),
        demands_(demands),
        request_(request),
        same_(same_collation(index->collation.get(), request.collation)) {}

  std::vector<Candidate> candidates() {
    std::vector<Candidate> out;
    if (request_.reader == nullptr) return out;
    std::vector<std::string> tried;
    for (const Conjunct& conjunct : demands_.conjuncts) {
      if (std::find(tried.begin(), tried.end(), conjunct.path) != tried.end()) continue;
      tried.push_back(conjunct.path);
      add(out, at_value(conjunct.path));
      if (is_exists(conjunct)) add(out, at_existing(conjunct.path));
    }
    add(out, without_wildcard());
    return out;
  }

 private:
  static bool is_exists(const Conjunct& conjunct) {
    return conjunct.node != nullptr && conjunct.node->kind() == query::MatchKind::Exists &&
           !conjunct.negated;
  }

  void add(std::vector<Candidate>& out, std::optional<Candidate> candidate) const {
    if (!candidate || !holds_all(*candidate, demands_, request_)) return;
    if (candidate->bounds.used > 0) out.push_back(std::move(*candidate));
  }

  /// The path has a value that is neither a document nor missing: it has an entry of its own.
  bool has_an_entry(const Conjunct& conjunct, std::uint32_t arrays) const {
    const bool inside =
        conjunct.scope != nullptr
            ? (arrays >> std::min(conjunct.scope_parts, catalog::kArrayPartsMax - 1)) != 0
            : arrays != 0;
    if (!excludes_missing(conjunct, inside)) return false;
    const ConjunctBounds bounds = bounds_of(
        conjunct, {.order = index_->collation.get(), .same_order = same_, .arrays = inside});
    return intersect(bounds.set, {all_of(bson::Type::Document)}).empty();
  }

  std::optional<Candidate> at_value(const std::string& path) const {
    const std::vector<std::string> forms = forms_of(path);
    if (!all_included(*index_->wildcard, forms)) return std::nullopt;
    std::uint32_t arrays = 0;
    for (const std::string& form : forms)
      arrays |= collection::wildcard_arrays(*request_.reader, *index_, form);
    std::vector<Conjunct> usable;
    bool anchored = false;
    for (const Conjunct& conjunct : demands_.conjuncts) {
      const bool own = conjunct.path == path;
      if (own && !has_an_entry(conjunct, arrays)) continue;
      anchored = anchored || own;
      usable.push_back(conjunct);
    }
    if (!anchored) return std::nullopt;
    return made(path_set(forms), {.path = path, .arrays = arrays}, usable);
  }

  // Whatever is there, entries lie at the path or below it.
  std::optional<Candidate> at_existing(const std::string& path) const {
    Conjunct conjunct;
    conjunct.path = path;
    if (conjunct.has_place() || !index_->wildcard->includes_all(path)) return std::nullopt;
    std::vector<Conjunct> others;
    for (const Conjunct& each : demands_.conjuncts) {
      if (each.path != path) others.push_back(each);
    }
    return made(normal({path_set({path}).front(), paths_below(path)}),
                {.path = path, .arrays = 0, .fixed = full_set()}, others);
  }

  std::vector<Component> before() const {
    std::vector<Component> out;
    for (const catalog::IndexPart& part : index_->parts) {
      if (part.kind == catalog::IndexPart::Kind::Wildcard) break;
      out.push_back({.path = part.path, .descending = part.descending()});
    }
    return out;
  }

  std::optional<Candidate> made(IntervalSet paths, Component value,
                                const std::vector<Conjunct>& conjuncts) const {
    std::vector<Component> components = before();
    const std::size_t at = components.size();
    components.push_back({.path = std::string(kPathComponent), .fixed = std::move(paths)});
    components.push_back(std::move(value));
    for (std::size_t i = at + 1; i < index_->parts.size(); ++i) {
      const catalog::IndexPart& part = index_->parts[i];
      components.push_back({.path = part.path, .descending = part.descending()});
    }
    Candidate out = make_candidate(index_, std::move(components), conjuncts, request_);
    if (out.bounds.used <= at) return std::nullopt;
    return out;
  }

  // An index with components before the wildcard holds every document under them.
  std::optional<Candidate> without_wildcard() const {
    std::vector<Component> components = before();
    if (components.empty()) return std::nullopt;
    Candidate out = make_candidate(index_, std::move(components), demands_.conjuncts, request_);
    out.order.reset();  // documents stand there once per path
    return out;
  }

  const catalog::IndexPtr& index_;
  const Demands& demands_;
  const AccessRequest& request_;
  const bool same_;
};

}  // namespace

std::vector<Candidate> wildcard_candidates(const catalog::IndexPtr& index, const Demands& demands,
                                           const AccessRequest& request) {
  return Wildcard(index, demands, request).candidates();
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/needs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pipeline/plan/conjunct.h"
#include "query/expression/expression.h"
#include "query/sort.h"

namespace freshet::pipeline {
namespace {

using query::MatchKind;
using query::MatchNode;

bool is_plain_path(std::string_view path) {
  return !path.empty() && path.find('$') == std::string_view::npos;
}

bool is_flag(bson::ValueView value) {
  return value.is_number() || value.type() == bson::Type::Bool;
}

/// Adds what an expression reads; false when that is the whole document.
bool add_expression(bson::ValueView spec, const query::QueryContext& context, Needs& needs) {
  query::Dependencies reads;
  query::CompiledExpression(spec, context).root().add_dependencies(reads);
  for (const std::string& path : reads.paths)
    needs.add(path);
  return !reads.whole_document;
}

/// Accumulators whose argument is one expression.
bool takes_an_expression(std::string_view accumulator) {
  for (const std::string_view name : {"$sum", "$avg", "$min", "$max", "$first", "$last", "$push",
                                      "$addToSet", "$stdDevPop", "$stdDevSamp"}) {
    if (accumulator == name) return true;
  }
  return false;
}

bool add_group(bson::View group, const query::QueryContext& context, Needs& needs) {
  for (const bson::Element& field : group) {
    if (field.name() == "_id") {
      if (!add_expression(field, context, needs)) return false;
      continue;
    }
    if (!field.is_document() || field.as_document().count() != 1) return false;
    const bson::Element accumulator = *field.as_document().begin();
    if (accumulator.name() == "$count") continue;
    if (!takes_an_expression(accumulator.name())) return false;
    if (!add_expression(accumulator, context, needs)) return false;
  }
  return true;
}

bool add_sort(const query::SortPattern& sort, Needs& needs) {
  for (const query::SortPattern::Part& part : sort.parts())
    needs.add(part.path);
  return true;
}

/// What came of looking at one stage.
enum class Look : std::uint8_t { GoOn, AllIsKnown, Everything };

Look look_at(const StageSpec& stage, const query::QueryContext& context, Needs& needs) {
  const auto known = [](bool yes) { return yes ? Look::AllIsKnown : Look::Everything; };
  if (stage.limit() || stage.skip()) return Look::GoOn;
  if (stage.sort_pattern() != nullptr) {
    add_sort(*stage.sort_pattern(), needs);
    return Look::GoOn;
  }
  const bson::Element body = stage.body();
  if (stage.name() == "$count") return Look::AllIsKnown;
  if (stage.name() == "$group" && body.is_document()) {
    return known(add_group(body.as_document(), context, needs));
  }
  if (stage.name() == "$project" && body.is_document()) {
    Needs shown = needs_of_projection(body.as_document());
    if (shown.everything) return Look::Everything;
    for (std::string& path : shown.paths)
      needs.add(std::move(path));
    return Look::AllIsKnown;
  }
  return Look::Everything;
}

}  // namespace

void Needs::add(std::string path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
}

Needs needs_of_projection(bson::View projection) {
  Needs needs;
  bool id = true;
  for (const bson::Element& field : projection) {
    if (!is_flag(field) || !is_plain_path(field.name())) return {};
    if (field.name() == "_id") {
      id = field.truthy();
    } else if (field.truthy()) {
      needs.add(std::string(field.name()));
    } else {
      return {};
    }
  }
  if (needs.paths.empty() && (!id || projection.empty())) return {};  // leaves out only
  if (id) needs.add("_id");
  needs.everything = false;
  return needs;
}

Needs needs_of_pipeline(const Pipeline& pipeline, std::size_t first,
                        const query::QueryContext& context) {
  Needs needs;
  for (std::size_t i = first; i < pipeline.size(); ++i) {
    const Look look = look_at(*pipeline[i], context, needs);
    if (look == Look::Everything) return {};
    if (look == Look::GoOn) continue;
    needs.everything = false;
    return needs;
  }
  return {};
}

std::optional<std::vector<std::string>> paths_of_filter(const MatchNode& root) {
  switch (root.kind()) {
    case MatchKind::AlwaysTrue:
    case MatchKind::AlwaysFalse:
      return std::vector<std::string>();
    case MatchKind::Not:
      return paths_of_filter(static_cast<const query::NotNode&>(root).child());
    case MatchKind::And:
    case MatchKind::Or:
    case MatchKind::Nor: {
      std::vector<std::string> out;
      for (const auto& child : static_cast<const query::ListNode&>(root).children()) {
        auto own = paths_of_filter(*child);
        if (!own) return std::nullopt;
        std::move(own->begin(), own->end(), std::back_inserter(out));
      }
      return out;
    }
    default:
      break;
  }
  const std::optional<std::string_view> path = only_path(root);
  if (!path) return std::nullopt;
  return std::vector<std::string>{std::string(*path)};
}

}  // namespace freshet::pipeline

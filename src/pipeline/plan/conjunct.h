// SPDX-License-Identifier: Apache-2.0
// What a filter demands of single paths: the parts of its conjunction that can bound an index.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/value.h"
#include "query/match_node.h"

namespace freshet::pipeline {

/// {$expr: {$gt: ["$path", value]}}: compares across types, sees no array's elements.
struct ExpressionComparison {
  query::ComparisonNode::Op op;
  bson::Value operand;
};

/// One demand on one path. Borrows the filter's tree.
struct Conjunct {
  std::string path;
  const query::MatchNode* node = nullptr;  ///< null: see `expression`
  bool negated = false;                    ///< documents that match `node` are not wanted
  std::optional<ExpressionComparison> expression;

  /// The $elemMatch whose elements it speaks of (the path is whole all the same); null outside.
  const query::MatchNode* scope = nullptr;
  std::size_t scope_parts = 0;  ///< parts of the path up to and with that array

  /// The part of the filter's conjunction that says exactly this and nothing else; null inside
  /// other parts.
  const query::MatchNode* whole = nullptr;

  /// Some part of the path is a number, which may name a place in an array or a field.
  bool has_place() const;
};

/// The demands of `root`, all of which a matching document meets.
std::vector<Conjunct> conjuncts_of(const query::MatchNode& root);

/// The parts of the filter's conjunction: the children of an And, or `root` itself.
std::vector<const query::MatchNode*> parts_of(const query::MatchNode& root);

/// The one path that `node` speaks of; nothing when there are several, or none.
std::optional<std::string_view> only_path(const query::MatchNode& node);

std::size_t count_parts(std::string_view path);

}  // namespace freshet::pipeline

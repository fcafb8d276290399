// SPDX-License-Identifier: Apache-2.0
// The tree behind projections and $addFields, and its application to documents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.h"
#include "bson/builder.h"
#include "bson/value.h"
#include "bson/view.h"
#include "query/expression/expression.h"
#include "query/matcher.h"
#include "query/path.h"

namespace freshet::query {

/// What happens to fields that the specification does not name, and so what the tree is for.
enum class ProjectionMode {
  Include,  ///< they are left out
  Exclude,  ///< they stay
  Add,      ///< they stay; named ones are computed ($addFields)
};

/// What a path that meets another is refused with.
struct PathCollision {
  ErrorCode below = location(31249);  ///< a parent has been named
  ErrorCode here = location(31250);   ///< the same path, or one below it, has been named
};

/// One field of a specification. Immutable once parsed.
struct ProjectionNode {
  enum class Kind { Inner, Include, Exclude, Computed, Slice, ElemMatch, Positional };

  Kind kind = Kind::Inner;
  std::vector<std::pair<std::string, std::unique_ptr<ProjectionNode>>>
      children;  ///< in the specification's order
  std::optional<CompiledExpression> expression;
  std::optional<Matcher> element;  ///< $elemMatch, on {"": element}'s array
  std::int64_t slice_skip = 0;     ///< negative: from the end
  std::int64_t slice_limit = 0;
  bool computes = false;    ///< itself or something below it computes a value
  bool positional = false;  ///< itself or something below it is positional

  const ProjectionNode* find(std::string_view name) const;
  /// The node at `path`, inner nodes made on the way.
  ProjectionNode& add(const Path& path, const PathCollision& collision = {});
};

/// Applies a tree to one document. Lives for that document.
class ProjectionRun {
 public:
  ProjectionRun(ProjectionMode mode, const QueryContext& context, bson::View root,
                std::optional<std::size_t> position)
      : mode_(mode), context_(context), root_(root), position_(position) {}

  void document(const ProjectionNode& node, bson::View in, bson::Builder& out) const;

 private:
  void field(const ProjectionNode& node, const bson::Element& element, bson::Builder& out) const;
  /// Writes what an inner node makes of `in` (maybe nothing) under `name`.
  void inner(const ProjectionNode& node, std::string_view name, bson::ValueView in,
             bson::Builder& out) const;
  void array(const ProjectionNode& node, bson::View in, bson::Builder& out) const;
  /// Fields that did not stand in the document: computed ones.
  void create(const ProjectionNode& node, std::string_view name, bson::Builder& out) const;
  void slice(const ProjectionNode& node, const bson::Element& element, bson::Builder& out) const;
  void elem_match(const ProjectionNode& node, std::string_view name, bson::ValueView in,
                  bson::Builder& out) const;
  bson::ValueView matched_element(bson::View array) const;
  bool later(const ProjectionNode& node) const;

  ProjectionMode mode_;
  const QueryContext& context_;
  bson::View root_;
  std::optional<std::size_t> position_;
};

}  // namespace freshet::query

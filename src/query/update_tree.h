// SPDX-License-Identifier: Apache-2.0
// The paths of an update, merged into one tree: a walk over the document in step with it applies
// every operator in one pass and meets each conflict where it arises.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "query/matcher.h"
#include "query/path.h"
#include "query/update_modifier.h"

namespace freshet::query {

/// Numbers first, by value; then names. New fields are appended in this order.
struct FieldOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// Either a leaf with a modifier or an inner node with children of one sort.
struct UpdateNode {
  const Modifier* modifier = nullptr;
  std::map<std::string, UpdateNode*, FieldOrder> fields;    ///< by field name or array index
  UpdateNode* positional = nullptr;                         ///< "$"
  std::map<std::string, UpdateNode*, FieldOrder> elements;  ///< "$[]" as "", "$[id]" as "id"
};

/// {$rename: {source: target}}: moved by two leaves, resolved before the walk.
struct Rename {
  Path source;
  Path target;
  const Modifier* modifier;  ///< the leaf at the target
};

/// arrayFilters by identifier.
using ArrayFilters = std::map<std::string, Matcher, std::less<>>;

/// Parsed operators. Immutable once built; nodes and modifiers live as long as it does.
class UpdateTree {
 public:
  UpdateTree();
  /// Parses {$set: {…}, …}.
  void parse(bson::View operators, const ArrayFilters& filters, const QueryContext& context);
  /// Puts `modifier` at `path`; throws ConflictingUpdateOperators and the codes for bad paths.
  void add(const Path& path, const Modifier* modifier, const ArrayFilters& filters);
  const Modifier* keep(ModifierPtr modifier);

  const UpdateNode& root() const { return *root_; }
  const std::vector<Rename>& renames() const { return renames_; }
  bool needs_position() const { return needs_position_; }

 private:
  void parse_rename(const bson::Element& element, const ArrayFilters& filters);
  UpdateNode* child(UpdateNode& node, const Path& path, std::size_t part,
                    const ArrayFilters& filters);

  std::deque<UpdateNode> nodes_;
  std::vector<ModifierPtr> modifiers_;
  std::vector<Rename> renames_;
  UpdateNode* root_;
  bool needs_position_ = false;
};

/// Parses the array of filters; throws with MongoDB's codes. Whether each is used is
/// check_filters_used()'s question.
ArrayFilters parse_array_filters(bson::View filters, const QueryContext& context);
void check_filters_used(const ArrayFilters& filters, bson::View operators);

/// The leaf at a rename's target: its value comes from the run (update_apply.cpp), never from
/// itself.
class RenameTarget final : public Modifier {
 public:
  ModifierResult apply(bson::ValueView, const ModifierInput&) const override { return {}; }
  bson::Value create(const ModifierInput&) const override { return {}; }
};

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// One walk of an update tree over one document: writes the new document and collects its delta.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "bson/view.h"
#include "query/delta_tree.h"
#include "query/update_tree.h"

namespace freshet::query {

/// Lives for one document. The delta's values may borrow from the document, the tree and this run.
class UpdateRun {
 public:
  UpdateRun(const UpdateTree& tree, const ArrayFilters& filters, const QueryContext& context,
            std::optional<std::size_t> position, bool inserting)
      : tree_(tree),
        filters_(filters),
        context_(context),
        position_(position),
        inserting_(inserting) {}

  /// The new document; what changed is added to `delta`. Throws what the operators throw.
  std::string apply(bson::View document, DeltaNode& delta);

 private:
  using Children = std::map<std::string, UpdateNode*, FieldOrder>;

  void resolve_renames();
  bson::ValueView rename_source(const Path& path) const;
  void check_rename_target(const Path& path) const;

  void document(const UpdateNode& node, bson::View in, bson::Builder& out, DeltaNode* delta);
  void array(const UpdateNode& node, bson::View in, bson::Builder& out, DeltaNode* delta);
  void extend_array(const std::map<std::uint32_t, UpdateNode*>& children, std::uint32_t size,
                    bson::Builder& out, DeltaNode* delta);
  void filtered_array(const UpdateNode& node, std::string_view name, bson::View in,
                      bson::Builder& out, DeltaNode* delta);
  /// Applies `node` to the existing value `name` and writes what becomes of it.
  void value(const UpdateNode& node, std::string_view name, bson::ValueView in, bson::Builder& out,
             DeltaNode* delta, bool in_array);
  void leaf(const UpdateNode& node, std::string_view name, bson::ValueView in, bson::Builder& out,
            DeltaNode* delta, bool in_array);
  void append_delta(std::string_view name, bson::View array, std::size_t appended,
                    DeltaNode& delta) const;
  /// What the path makes where there is nothing; Missing for nothing.
  bson::Value create(const UpdateNode& node);
  ModifierResult modify(const Modifier& modifier, bson::ValueView in);
  /// Fails unless every operator below tolerates that the value at the current path has no field of
  /// that name.
  void blocked(const UpdateNode& node, std::string_view name, bson::ValueView at) const;
  bool active(const UpdateNode& node) const;

  /// `node` with its "$" child filled in by position.
  const UpdateNode& resolved(const UpdateNode& node);
  UpdateNode* merge(UpdateNode* a, UpdateNode* b);
  /// Nesting of what is stored, and names at its top.
  void check_storable(std::string_view name, bson::ValueView value) const;
  /// The children of an array's node by index; others have to be tolerant.
  std::map<std::uint32_t, UpdateNode*> by_index(const UpdateNode& node, bson::ValueView array);

  ModifierInput input() const { return {context_, document_, path_, inserting_}; }
  /// Adds a part to the path for as long as it lives.
  class Step;

  const UpdateTree& tree_;
  const ArrayFilters& filters_;
  const QueryContext& context_;
  std::optional<std::size_t> position_;
  bool inserting_;
  bson::View document_;
  std::string path_;
  int depth_ = 0;
  std::deque<UpdateNode> merged_;
  std::map<const Modifier*, bson::Value> renamed_;
};

}  // namespace freshet::query

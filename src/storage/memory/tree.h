// SPDX-License-Identifier: Apache-2.0
// An ordered map whose old versions stay readable: a treap with path copying. A copy of a Tree is a
// snapshot: one pointer, exact for ever, unaffected by later edits; what only old copies used goes
// with them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::memory {

/// One key with its value. Never changed once it is in a tree.
struct Entry {
  std::string key;
  std::string value;
};

struct Node;
/// Shared because versions of the tree have most of their nodes in common.
using NodePtr = std::shared_ptr<Node>;

/// One version. Copying is cheap; a copy may be read by any thread while another copy is edited.
class Tree {
 public:
  /// The value; lives as long as this version. Null when there is none.
  const std::string* find(std::string_view key) const;
  bool empty() const { return root_ == nullptr; }
  /// Bytes of keys and values, all of them and those with begin <= key < end.
  std::uint64_t bytes() const;
  std::uint64_t bytes_between(std::string_view begin, std::string_view end) const;

 private:
  friend class TreeEditor;
  friend class TreeCursor;
  NodePtr root_;
};

/// Makes the next version of a tree. Nodes made by one editor are changed in place until the tree
/// is taken, so a group of changes copies each path once.
class TreeEditor {
 public:
  /// `edit` is a number no other editor of this tree had; `seed` decides the shape.
  TreeEditor(Tree tree, std::uint64_t edit, std::uint64_t seed)
      : tree_(std::move(tree)), edit_(edit), seed_(seed) {}

  void put(std::string key, std::string value);
  void erase(std::string_view key);
  /// Erases begin <= key < end without visiting each.
  void erase_between(std::string_view begin, std::string_view end);
  /// The result. The editor must not be used afterwards.
  Tree take() { return std::move(tree_); }

 private:
  std::uint64_t priority();
  NodePtr own(NodePtr node) const;
  NodePtr insert(NodePtr node, std::shared_ptr<const Entry> entry);
  NodePtr remove(NodePtr node, std::string_view key);
  NodePtr merge(NodePtr left, NodePtr right);
  std::pair<NodePtr, NodePtr> split(NodePtr node, std::string_view key);

  Tree tree_;
  std::uint64_t edit_;
  std::uint64_t seed_;
};

/// A place in one version of a tree. Keeps that version alive.
class TreeCursor {
 public:
  explicit TreeCursor(Tree tree) : tree_(std::move(tree)) {}

  bool valid() const { return !path_.empty(); }
  const Entry& entry() const;  ///< Requires: valid().
  /// First key >= `key`.
  void seek_at_least(std::string_view key);
  /// Last key < `key`, or <= `key`.
  void seek_before(std::string_view key, bool or_equal);
  void next();
  void previous();

 private:
  Tree tree_;
  std::vector<const Node*> path_;  // from the root to the current node
};

}  // namespace freshet::memory

// SPDX-License-Identifier: Apache-2.0
// Intervals of keys, found by what overlaps them: a balanced tree (AVL) by where they begin, in
// which each node knows the greatest end beneath it. Nothing is searched that ends too early or
// begins too late.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace freshet::stream {

/// Adding and removing take O(log n), finding k of them O(log n + k log(n / k)). T is small and
/// ordered. Movable. Not thread-safe, but find() may run beside find(). All recursion is as deep as
/// the tree: at most 1.45 log2 of its size.
template <typename T>
class IntervalIndex {
 public:
  /// What stands there already may be added again.
  void add(std::string_view begin, std::string_view end, T value) {
    auto node = std::make_unique<Node>();
    node->begin = begin;
    node->end = end;
    node->value = value;
    add_under(root_, std::move(node));
  }

  /// Removes it once; nothing happens when it is not there.
  void remove(std::string_view begin, std::string_view end, T value) {
    remove_under(root_, {begin, end, value});
  }

  bool empty() const { return root_ == nullptr; }
  /// Of the tree: how many nodes a search passes through at most to find nothing.
  int height() const { return height_of(root_); }

  /// Calls found(T) for each interval with begin <= high and low < end: the place `low` when both
  /// are the same; those that begin no later than a set's last and end behind its first.
  template <typename Found>
  void find(std::string_view low, std::string_view high, Found&& found) const {
    find_under(root_.get(), low, high, found);
  }

 private:
  struct Node {
    std::string begin;
    std::string end;
    T value{};
    int height = 1;
    const Node* last = nullptr;  // beneath or itself, whose end is the greatest
    std::unique_ptr<Node> left;
    std::unique_ptr<Node> right;
  };
  using NodePtr = std::unique_ptr<Node>;

  struct Key {
    std::string_view begin;
    std::string_view end;
    T value;
    explicit Key(const Node& node) : begin(node.begin), end(node.end), value(node.value) {}
    Key(std::string_view from, std::string_view to, T what) : begin(from), end(to), value(what) {}
  };

  static std::strong_ordering order(const Key& a, const Key& b) {
    if (const auto by_begin = a.begin <=> b.begin; by_begin != 0) return by_begin;
    if (const auto by_end = a.end <=> b.end; by_end != 0) return by_end;
    return std::compare_three_way{}(a.value, b.value);
  }

  static int height_of(const NodePtr& node) { return node ? node->height : 0; }

  static void update(Node& node) {
    node.height = 1 + std::max(height_of(node.left), height_of(node.right));
    node.last = &node;
    for (const Node* child : {node.left.get(), node.right.get()}) {
      if (child != nullptr && child->last->end > node.last->end) node.last = child->last;
    }
  }

  static void rotate(NodePtr& at, NodePtr Node::*up, NodePtr Node::*down) {
    NodePtr top = std::move((*at).*up);
    (*at).*up = std::move((*top).*down);
    update(*at);
    (*top).*down = std::move(at);
    at = std::move(top);
    update(*at);
  }

  /// Restores a node whose children are right and differ by at most two in height.
  static void balance(NodePtr& at) {
    if (!at) return;
    const int lean = height_of(at->left) - height_of(at->right);
    if (lean > 1) {
      NodePtr& left = at->left;
      if (height_of(left->left) < height_of(left->right)) rotate(left, &Node::right, &Node::left);
      rotate(at, &Node::left, &Node::right);
    } else if (lean < -1) {
      NodePtr& right = at->right;
      if (height_of(right->right) < height_of(right->left)) {
        rotate(right, &Node::left, &Node::right);
      }
      rotate(at, &Node::right, &Node::left);
    } else {
      update(*at);
    }
  }

  static void add_under(NodePtr& at, NodePtr node) {
    if (!at) {
      at = std::move(node);
    } else {
      const bool before = order(Key(*node), Key(*at)) < 0;
      add_under(before ? at->left : at->right, std::move(node));
    }
    balance(at);
  }

  static void remove_under(NodePtr& at, const Key& key) {
    if (!at) return;
    const std::strong_ordering side = order(key, Key(*at));
    if (side != 0) {
      remove_under(side < 0 ? at->left : at->right, key);
    } else if (!at->left || !at->right) {
      at = std::move(at->left ? at->left : at->right);
    } else {
      NodePtr next = take_first(at->right);
      next->left = std::move(at->left);
      next->right = std::move(at->right);
      at = std::move(next);
    }
    balance(at);
  }

  static NodePtr take_first(NodePtr& at) {
    NodePtr first;
    if (at->left) {
      first = take_first(at->left);
    } else {
      first = std::move(at);
      at = std::move(first->right);
    }
    balance(at);
    return first;
  }

  template <typename Found>
  static void find_under(const Node* node, std::string_view low, std::string_view high,
                         Found& found) {
    for (; node != nullptr && low < node->last->end; node = node->right.get()) {
      find_under(node->left.get(), low, high, found);
      if (high < node->begin) return;
      if (low < node->end) found(node->value);
    }
  }

  NodePtr root_;
};

}  // namespace freshet::stream

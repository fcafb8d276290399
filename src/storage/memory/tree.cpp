// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/tree.h"

#include <utility>

namespace freshet::memory {

// A heap in `priority`, a search tree in the key. Depth is logarithmic because priorities are
// random and not the user's choice, so recursion over it is bounded.
struct Node {
  std::shared_ptr<const Entry> entry;  // shared by the copies of a node
  NodePtr left;
  NodePtr right;
  std::uint64_t priority = 0;
  std::uint64_t edit = 0;
  std::uint64_t bytes = 0;  // of the subtree

  void count() {
    bytes = entry->key.size() + entry->value.size() + (left ? left->bytes : 0) +
            (right ? right->bytes : 0);
  }
};

const std::string* Tree::find(std::string_view key) const {
  const Node* node = root_.get();
  while (node != nullptr) {
    const int order = key.compare(node->entry->key);
    if (order == 0) return &node->entry->value;
    node = order < 0 ? node->left.get() : node->right.get();
  }
  return nullptr;
}

std::uint64_t Tree::bytes() const {
  return root_ ? root_->bytes : 0;
}

namespace {

std::uint64_t bytes_below(const Node* node, std::string_view key) {
  std::uint64_t bytes = 0;
  while (node != nullptr) {
    if (key <= node->entry->key) {
      node = node->left.get();
    } else {
      bytes += node->bytes - (node->right ? node->right->bytes : 0);
      node = node->right.get();
    }
  }
  return bytes;
}

}  // namespace

std::uint64_t Tree::bytes_between(std::string_view begin, std::string_view end) const {
  const std::uint64_t below = bytes_below(root_.get(), begin);
  const std::uint64_t upto = bytes_below(root_.get(), end);
  return upto > below ? upto - below : 0;
}

void TreeEditor::put(std::string key, std::string value) {
  auto entry = std::make_shared<Entry>();
  entry->key = std::move(key);
  entry->value = std::move(value);
  tree_.root_ = insert(std::move(tree_.root_), std::move(entry));
}

void TreeEditor::erase(std::string_view key) {
  if (tree_.find(key) == nullptr) return;
  tree_.root_ = remove(std::move(tree_.root_), key);
}

void TreeEditor::erase_between(std::string_view begin, std::string_view end) {
  if (begin >= end) return;
  auto [low, rest] = split(std::move(tree_.root_), begin);
  auto [middle, high] = split(std::move(rest), end);
  tree_.root_ = merge(std::move(low), std::move(high));
}

std::uint64_t TreeEditor::priority() {  // splitmix64
  std::uint64_t z = (seed_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// A node this editor may change: itself when it made it, a copy otherwise.
NodePtr TreeEditor::own(NodePtr node) const {
  if (node->edit == edit_) return node;
  auto copy = std::make_shared<Node>(*node);
  copy->edit = edit_;
  return copy;
}

NodePtr TreeEditor::insert(NodePtr node, std::shared_ptr<const Entry> entry) {
  if (!node) {
    auto fresh = std::make_shared<Node>();
    fresh->entry = std::move(entry);
    fresh->priority = priority();
    fresh->edit = edit_;
    fresh->count();
    return fresh;
  }
  node = own(std::move(node));
  const int order = entry->key.compare(node->entry->key);
  if (order == 0) {
    node->entry = std::move(entry);
  } else if (order < 0) {
    node->left = insert(std::move(node->left), std::move(entry));
    if (node->left->priority > node->priority) {
      NodePtr up = std::move(node->left);  // made or copied by the call above, so ours
      node->left = std::move(up->right);
      node->count();
      up->right = std::move(node);
      node = std::move(up);
    }
  } else {
    node->right = insert(std::move(node->right), std::move(entry));
    if (node->right->priority > node->priority) {
      NodePtr up = std::move(node->right);
      node->right = std::move(up->left);
      node->count();
      up->left = std::move(node);
      node = std::move(up);
    }
  }
  node->count();
  return node;
}

NodePtr TreeEditor::remove(NodePtr node, std::string_view key) {
  const int order = key.compare(node->entry->key);
  if (order == 0) return merge(node->left, node->right);
  node = own(std::move(node));
  if (order < 0) {
    node->left = remove(std::move(node->left), key);
  } else {
    node->right = remove(std::move(node->right), key);
  }
  node->count();
  return node;
}

NodePtr TreeEditor::merge(NodePtr left, NodePtr right) {
  if (!left) return right;
  if (!right) return left;
  if (left->priority > right->priority) {
    left = own(std::move(left));
    left->right = merge(std::move(left->right), std::move(right));
    left->count();
    return left;
  }
  right = own(std::move(right));
  right->left = merge(std::move(left), std::move(right->left));
  right->count();
  return right;
}

std::pair<NodePtr, NodePtr> TreeEditor::split(NodePtr node, std::string_view key) {
  if (!node) return {};
  node = own(std::move(node));
  if (node->entry->key < key) {
    auto [low, high] = split(std::move(node->right), key);
    node->right = std::move(low);
    node->count();
    return {std::move(node), std::move(high)};
  }
  auto [low, high] = split(std::move(node->left), key);
  node->left = std::move(high);
  node->count();
  return {std::move(low), std::move(node)};
}

const Entry& TreeCursor::entry() const {
  return *path_.back()->entry;
}

void TreeCursor::seek_at_least(std::string_view key) {
  path_.clear();
  std::size_t found = 0;
  for (const Node* node = tree_.root_.get(); node != nullptr;) {
    path_.push_back(node);
    if (node->entry->key < key) {
      node = node->right.get();
    } else {
      found = path_.size();
      node = node->left.get();
    }
  }
  path_.resize(found);
}

void TreeCursor::seek_before(std::string_view key, bool or_equal) {
  path_.clear();
  std::size_t found = 0;
  for (const Node* node = tree_.root_.get(); node != nullptr;) {
    path_.push_back(node);
    const int order = node->entry->key.compare(key);
    if (order < 0 || (or_equal && order == 0)) {
      found = path_.size();
      node = node->right.get();
    } else {
      node = node->left.get();
    }
  }
  path_.resize(found);
}

void TreeCursor::next() {
  const Node* node = path_.back();
  if (node->right) {
    for (const Node* down = node->right.get(); down != nullptr; down = down->left.get()) {
      path_.push_back(down);
    }
    return;
  }
  do {
    node = path_.back();
    path_.pop_back();
  } while (!path_.empty() && path_.back()->right.get() == node);
}

void TreeCursor::previous() {
  const Node* node = path_.back();
  if (node->left) {
    for (const Node* down = node->left.get(); down != nullptr; down = down->right.get()) {
      path_.push_back(down);
    }
    return;
  }
  do {
    node = path_.back();
    path_.pop_back();
  } while (!path_.empty() && path_.back()->left.get() == node);
}

}  // namespace freshet::memory

// SPDX-License-Identifier: Apache-2.0
#include "query/update_apply.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "bson/compare.h"

namespace freshet::query {
namespace {

/// How far a path may reach behind the end of an array; the gap is filled with nulls.
constexpr std::uint32_t kArrayPaddingMax = 1'500'000;
/// Nesting of stored documents.
constexpr int kStoredDepthMax = 180;

int nesting(bson::View document) {
  int deepest = 0;
  for (const bson::Element& element : document) {
    if (element.is_document() || element.is_array())
      deepest = std::max(deepest, nesting(element.as_document()));
  }
  return deepest + 1;
}

}  // namespace

class UpdateRun::Step {
 public:
  Step(UpdateRun& run, std::string_view name) : run_(run), size_(run.path_.size()) {
    if (run_.depth_++ > 0) run_.path_.push_back('.');
    run_.path_.append(name);
  }
  ~Step() {
    run_.path_.resize(size_);
    --run_.depth_;
  }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  UpdateRun& run_;
  std::size_t size_;
};

std::string UpdateRun::apply(bson::View in, DeltaNode& delta) {
  document_ = in;
  resolve_renames();
  bson::Builder out;
  document(tree_.root(), in, out, &delta);
  return out.take();
}

bool UpdateRun::active(const UpdateNode& node) const {
  if (node.modifier != nullptr) return node.modifier->active(inserting_);
  const auto child_active = [this](const auto& child) { return active(*child.second); };
  if (node.positional != nullptr && active(*node.positional)) return true;
  return std::ranges::any_of(node.fields, child_active) ||
         std::ranges::any_of(node.elements, child_active);
}

void UpdateRun::blocked(const UpdateNode& node, std::string_view name, bson::ValueView at) const {
  if (node.modifier != nullptr) {
    if (node.modifier->tolerates_blocked_path() || !node.modifier->active(inserting_)) return;
    raise(ErrorCode::PathNotViable, "cannot create field '{}' in the value of type {} at '{}'",
          name, bson::type_alias(at.type()), path_);
  }
  if (!node.elements.empty() && active(node)) {
    raise(ErrorCode::BadValue,
          "the path '{}.{}' must exist in the document in order to apply array updates", path_,
          name);
  }
  for (const auto& [child_name, child] : node.fields)
    blocked(*child, name, at);
  if (node.positional != nullptr) blocked(*node.positional, name, at);
}

void UpdateRun::document(const UpdateNode& unresolved, bson::View in, bson::Builder& out,
                         DeltaNode* delta) {
  const UpdateNode& node = resolved(unresolved);
  std::vector<const UpdateNode*> done;
  for (const bson::Element& element : in) {
    const auto found = node.fields.find(element.name());
    if (found == node.fields.end() || std::ranges::find(done, found->second) != done.end()) {
      out.add(element);
      continue;
    }
    done.push_back(found->second);
    value(*found->second, element.name(), element, out, delta, false);
  }
  for (const auto& [name, child] : node.fields) {
    if (std::ranges::find(done, child) != done.end()) continue;
    const Step step(*this, name);
    bson::Value created = create(*child);
    if (created.missing()) continue;
    check_storable(name, created.view());
    out.add(name, created.view());
    if (delta != nullptr) delta->insert(name, std::move(created));
  }
}

void UpdateRun::value(const UpdateNode& unresolved, std::string_view name, bson::ValueView in,
                      bson::Builder& out, DeltaNode* delta, bool in_array) {
  const Step step(*this, name);
  if (!active(unresolved)) {
    out.add(name, in);
    return;
  }
  if (unresolved.modifier != nullptr) return leaf(unresolved, name, in, out, delta, in_array);
  if (!unresolved.elements.empty()) {
    if (!in.is_array()) {
      raise(ErrorCode::BadValue,
            "cannot apply array updates to the non-array element '{}' of type {}", path_,
            bson::type_alias(in.type()));
    }
    return filtered_array(unresolved, name, in.as_document(), out, delta);
  }
  const UpdateNode& node = resolved(unresolved);
  if (!in.is_document() && !in.is_array()) {
    for (const auto& [child_name, child] : node.fields)
      blocked(*child, child_name, in);
    out.add(name, in);
    return;
  }
  auto nested = std::make_unique<DeltaNode>();
  nested->array = in.is_array();
  DeltaNode* const inner = delta == nullptr ? nullptr : nested.get();
  if (in.is_array()) {
    out.open_array(name);
    array(node, in.as_document(), out, inner);
  } else {
    out.open_document(name);
    document(node, in.as_document(), out, inner);
  }
  out.close();
  if (delta != nullptr) delta->nest(name, std::move(nested));
}

ModifierResult UpdateRun::modify(const Modifier& modifier, bson::ValueView in) {
  const auto renamed = renamed_.find(&modifier);
  if (renamed == renamed_.end()) return modifier.apply(in, input());
  if (renamed->second.missing() || bson::identical(in, renamed->second.view()))
    return ModifierResult::unchanged();
  return ModifierResult::set(renamed->second);
}

void UpdateRun::leaf(const UpdateNode& node, std::string_view name, bson::ValueView in,
                     bson::Builder& out, DeltaNode* delta, bool in_array) {
  using Kind = ModifierResult::Kind;
  ModifierResult result = modify(*node.modifier, in);
  if (result.kind == Kind::Remove &&
      in_array) {  // an element that is unset leaves null in its place
    result = in.type() == bson::Type::Null ? ModifierResult::unchanged()
                                           : ModifierResult::set(bson::Value::null());
  }
  if (result.kind == Kind::Unchanged) {
    out.add(name, in);
    return;
  }
  if (result.kind == Kind::Remove) {
    if (delta != nullptr) delta->deleted.emplace_back(name);
    return;
  }
  check_storable(name, result.value.view());
  out.add(name, result.value.view());
  if (delta == nullptr) return;
  if (result.kind == Kind::Append) {
    append_delta(name, result.value.view().as_document(), result.appended, *delta);
  }
  if (result.kind == Kind::Set) delta->update(name, std::move(result.value));
}

/// Elements added at the end are logged one by one; they borrow nothing, since `array` goes away.
void UpdateRun::append_delta(std::string_view name, bson::View array, std::size_t appended,
                             DeltaNode& delta) const {
  auto nested = std::make_unique<DeltaNode>();
  nested->array = true;
  const std::size_t first = array.count() - appended;
  std::size_t index = 0;
  for (const bson::Element& element : array) {
    if (index >= first) nested->update(std::to_string(index), bson::Value::copy(element));
    ++index;
  }
  delta.nest(name, std::move(nested));
}

std::map<std::uint32_t, UpdateNode*> UpdateRun::by_index(const UpdateNode& node,
                                                         bson::ValueView array) {
  std::map<std::uint32_t, UpdateNode*> children;
  for (const auto& [name, child] : node.fields) {
    const std::size_t zeros =
        std::min(name.find_first_not_of('0'), name.size() - 1);  // "007" is 7 here
    const std::uint32_t index = parse_array_index(std::string_view(name).substr(zeros));
    if (index == Path::kNoIndex) {
      blocked(*child, name, array);
      continue;
    }
    UpdateNode*& slot = children[index];
    slot = slot == nullptr ? child : merge(slot, child);
  }
  return children;
}

void UpdateRun::array(const UpdateNode& node, bson::View in, bson::Builder& out, DeltaNode* delta) {
  const auto children =
      by_index(node, bson::ValueView(bson::Type::Array, in.data(), in.size_bytes()));
  std::uint32_t index = 0;
  for (const bson::Element& element : in) {
    const auto found = children.find(index++);
    if (found == children.end()) {
      out.add(element);
    } else {
      value(*found->second, element.name(), element, out, delta, true);
    }
  }
  extend_array(children, index, out, delta);
}

void UpdateRun::extend_array(const std::map<std::uint32_t, UpdateNode*>& children,
                             std::uint32_t size, bson::Builder& out, DeltaNode* delta) {
  for (auto at = children.lower_bound(size); at != children.end(); ++at) {
    const std::uint32_t index = at->first;
    const std::string name = std::to_string(index);
    const Step step(*this, name);
    bson::Value created = create(*at->second);
    if (created.missing()) continue;
    if (index - size > kArrayPaddingMax) {
      raise(ErrorCode::CannotBackfillArray,
            "cannot extend the array at '{}' by more than {} elements", path_, kArrayPaddingMax);
    }
    check_storable(name, created.view());
    for (; size < index; ++size)
      out.add_null(std::to_string(size));
    ++size;
    out.add(name, created.view());
    if (delta != nullptr) delta->update(name, std::move(created));
  }
}

/// "$[]" and "$[id]". One element concerned: its own changes are logged. Several: the element when
/// only one changed, the whole array otherwise.
void UpdateRun::filtered_array(const UpdateNode& node, std::string_view name, bson::View in,
                               bson::Builder& out, DeltaNode* delta) {
  std::vector<UpdateNode*> concerned;
  std::size_t count = 0;
  for (const bson::Element& element : in) {
    UpdateNode* all = nullptr;
    for (const auto& [id, child] : node.elements) {
      bool matches = id.empty();
      if (!matches) {
        bson::Builder wrapped;
        wrapped.add(id, element.value());
        const std::string document = wrapped.take();
        matches = filters_.find(id)->second.matches(bson::View(document));
      }
      if (matches) all = all == nullptr ? child : merge(all, child);
    }
    concerned.push_back(all);
    count += all != nullptr ? 1 : 0;
  }

  auto single = std::make_unique<DeltaNode>();
  single->array = true;
  bson::Builder array;
  std::vector<std::uint32_t> changed;
  std::uint32_t index = 0;
  for (const bson::Element& element : in) {
    UpdateNode* const child = concerned[index];
    if (child == nullptr) {
      array.add(element);
    } else if (count == 1) {
      value(*child, element.name(), element, array, delta == nullptr ? nullptr : single.get(),
            true);
    } else {
      bson::Builder one;
      value(*child, element.name(), element, one, nullptr, true);
      const std::string bytes = one.take();
      const bson::Element result = *bson::View(bytes).begin();
      array.add(element.name(), result.value());
      if (!bson::identical(element, result)) {
        changed.push_back(index);
        single->updated.clear();
        single->update(std::to_string(index), bson::Value::copy(result));
      }
    }
    ++index;
  }
  const bson::Value whole = bson::Value::array(array.take());
  out.add(name, whole.view());
  if (delta == nullptr) return;
  if (changed.size() > 1) {
    delta->update(name, whole);
  } else {
    delta->nest(name, std::move(single));
  }
}

bson::Value UpdateRun::create(const UpdateNode& unresolved) {
  if (!active(unresolved)) return {};
  if (unresolved.modifier != nullptr) {
    const auto renamed = renamed_.find(unresolved.modifier);
    return renamed != renamed_.end() ? renamed->second : unresolved.modifier->create(input());
  }
  if (!unresolved.elements.empty()) {
    raise(ErrorCode::BadValue,
          "the path '{}' must exist in the document in order to apply array updates", path_);
  }
  const UpdateNode& node = resolved(unresolved);
  bson::Builder out;
  bool any = false;
  for (const auto& [name, child] : node.fields) {
    const Step step(*this, name);
    const bson::Value created = create(*child);
    any = any || !created.missing();
    out.add(name, created.view());
  }
  return any ? bson::Value::document(out.take()) : bson::Value();
}

const UpdateNode& UpdateRun::resolved(const UpdateNode& node) {
  if (node.positional == nullptr || !active(*node.positional)) return node;
  if (!position_) {
    raise(ErrorCode::BadValue,
          "the positional operator did not find the match needed from the query");
  }
  UpdateNode& result = merged_.emplace_back(node);
  result.positional = nullptr;
  const Step step(*this, std::to_string(*position_));
  UpdateNode*& child = result.fields[std::to_string(*position_)];
  child = child == nullptr ? node.positional : merge(child, node.positional);
  return result;
}

UpdateNode* UpdateRun::merge(UpdateNode* a, UpdateNode* b) {
  const bool sorts_differ = a->elements.empty() != b->elements.empty();
  if (a->modifier != nullptr || b->modifier != nullptr || sorts_differ) {
    raise(ErrorCode::ConflictingUpdateOperators, "update created a conflict at '{}'", path_);
  }
  UpdateNode& result = merged_.emplace_back(*a);
  const auto unite = [this](Children& into, const Children& from) {
    for (const auto& [name, child] : from) {
      UpdateNode*& slot = into[name];
      slot = slot == nullptr ? child : merge(slot, child);
    }
  };
  unite(result.fields, b->fields);
  unite(result.elements, b->elements);
  if (b->positional != nullptr) {
    result.positional =
        result.positional == nullptr ? b->positional : merge(result.positional, b->positional);
  }
  return &result;
}

void UpdateRun::check_storable(std::string_view name, bson::ValueView value) const {
  if (depth_ == 1 && name.starts_with('$')) {
    raise(ErrorCode::DollarPrefixedFieldName,
          "the dollar ($) prefixed field '{}' is not allowed in the context of an update's path",
          name);
  }
  if (!value.is_document() && !value.is_array()) return;
  if (depth_ + nesting(value.as_document()) > kStoredDepthMax) {
    raise(ErrorCode::Overflow, "exceeded the maximum nesting depth of stored documents, {}",
          kStoredDepthMax);
  }
}

void UpdateRun::resolve_renames() {
  for (const Rename& rename : tree_.renames()) {
    const bson::ValueView source = rename_source(rename.source);
    if (!source.missing()) check_rename_target(rename.target);
    if (!source.missing() && rename.target.text() == "_id" && document_["_id"]) {
      raise(ErrorCode::ImmutableField,
            "Performing an update on the path '_id' would modify the immutable field '_id'");
    }
    renamed_[rename.modifier] = bson::Value(source);
  }
}

bson::ValueView UpdateRun::rename_source(const Path& path) const {
  bson::ValueView value = document_[path.part(0)];
  for (std::size_t i = 1; i < path.size() && !value.missing(); ++i) {
    if (value.is_array() && path.index(i) != Path::kNoIndex) {
      raise(ErrorCode::BadValue, "the source field of $rename cannot be an array element, '{}'",
            path.text());
    }
    if (!value.is_document()) {
      raise(ErrorCode::PathNotViable, "cannot follow '{}' through a value of type {}", path.text(),
            bson::type_alias(value.type()));
    }
    value = value.as_document()[path.part(i)];
  }
  return value;
}

void UpdateRun::check_rename_target(const Path& path) const {
  bson::ValueView value = document_[path.part(0)];
  for (std::size_t i = 1; i < path.size() && !value.missing(); ++i) {
    if (value.is_array()) {
      raise(ErrorCode::BadValue,
            "the destination field of $rename cannot be an array element, '{}'", path.text());
    }
    if (!value.is_document()) return;
    value = value.as_document()[path.part(i)];
  }
}

}  // namespace freshet::query

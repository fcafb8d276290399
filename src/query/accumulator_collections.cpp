// SPDX-License-Identifier: Apache-2.0
// Accumulators that gather: $push $addToSet $setUnion $concatArrays $mergeObjects.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/compare.h"
#include "query/accumulator_states.h"

namespace freshet::query {
namespace {

using bson::Value;
using bson::ValueView;
using Arguments = AccumulatorArguments;

class Push final : public Accumulator {
 public:
  explicit Push(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.missing()) return;
    values_.push_back(value.owned());
    hold(held_bytes(values_.back()));
    check_held("$push", memory_bytes());
  }
  Value result() const override { return array_of(values_); }
  Value partial() const override { return result(); }
  void merge(const Value& partial) override { add_each(*this, partial); }

 private:
  std::vector<Value> values_;
};

struct ValueHash {
  const bson::StringOrder* collation;
  std::size_t operator()(const Value& value) const { return bson::hash(value.view(), collation); }
};
struct ValueEqual {
  const bson::StringOrder* collation;
  bool operator()(const Value& a, const Value& b) const {
    return bson::equal(a.view(), b.view(), collation);
  }
};

class AddToSet final : public Accumulator {
 public:
  explicit AddToSet(const Arguments& arguments)
      : name_(arguments.name),
        values_(8, ValueHash{arguments.collation}, ValueEqual{arguments.collation}) {}
  void add(const Value& value, std::string_view) override {
    if (value.missing()) return;
    if (name_ == "$addToSet") {
      add_one(value);
      return;
    }
    if (value.nullish()) return;
    if (!value.view().is_array()) {
      raise(ErrorCode::TypeMismatch, "{} needs arrays, found {}", name_,
            bson::type_alias(value.type()));
    }
    for (const auto& element : value.view().as_document())
      add_one(Value(element.value()));
  }
  Value result() const override { return array_of(values_); }
  Value partial() const override { return result(); }
  void merge(const Value& partial) override {
    for (const auto& element : partial.view().as_document())
      add_one(Value(element.value()));
  }

 private:
  void add_one(const Value& value) {
    if (values_.contains(value)) return;
    values_.insert(value.owned());
    hold(held_bytes(value) + 16);
    check_held(name_, memory_bytes());
  }
  std::string_view name_;
  std::unordered_set<Value, ValueHash, ValueEqual> values_;
};

class ConcatArrays final : public Accumulator {
 public:
  explicit ConcatArrays(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.nullish()) return;
    if (!value.view().is_array()) {
      raise(ErrorCode::TypeMismatch, "$concatArrays needs arrays, found {}",
            bson::type_alias(value.type()));
    }
    for (const auto& element : value.view().as_document()) {
      values_.push_back(Value::copy(element.value()));
      hold(held_bytes(values_.back()));
    }
    check_held("$concatArrays", memory_bytes());
  }
  Value result() const override { return array_of(values_); }
  Value partial() const override { return result(); }
  void merge(const Value& partial) override { add(partial, {}); }

 private:
  std::vector<Value> values_;
};

class MergeObjects final : public Accumulator {
 public:
  explicit MergeObjects(const Arguments&) {}
  void add(const Value& value, std::string_view) override {
    if (value.nullish()) return;
    if (!value.view().is_document()) {
      raise(location(40400), "$mergeObjects requires object inputs, but got {}",
            bson::type_alias(value.type()));
    }
    for (const auto& element : value.view().as_document())
      set(element.name(), element.value());
  }
  Value result() const override {
    bson::Builder out;
    for (const auto& [name, value] : fields_)
      out.add(name, value.view());
    return Value::document(out.take());
  }
  Value partial() const override { return result(); }
  void merge(const Value& partial) override { add(partial, {}); }

 private:
  void set(std::string_view name, ValueView value) {
    const auto found =
        std::ranges::find(fields_, name, [](const auto& field) { return field.first; });
    if (found == fields_.end()) {
      fields_.emplace_back(std::string(name), Value::copy(value));
      hold(name.size() + sizeof(std::string) + held_bytes(fields_.back().second));
    } else {
      release(held_bytes(found->second));
      found->second = Value::copy(value);
      hold(held_bytes(found->second));
    }
  }
  std::vector<std::pair<std::string, Value>> fields_;
};

}  // namespace

AccumulatorPtr make_push(const Arguments& arguments) {
  return std::make_unique<Push>(arguments);
}

AccumulatorPtr make_add_to_set(const Arguments& arguments) {
  return std::make_unique<AddToSet>(arguments);
}

AccumulatorPtr make_concat_arrays(const Arguments& arguments) {
  return std::make_unique<ConcatArrays>(arguments);
}

AccumulatorPtr make_merge_objects(const Arguments& arguments) {
  return std::make_unique<MergeObjects>(arguments);
}

}  // namespace freshet::query

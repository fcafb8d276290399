// SPDX-License-Identifier: Apache-2.0
// items, additionalItems, minItems, maxItems, uniqueItems.
#include <optional>

#include "base/error.h"
#include "query/schema/rules.h"

namespace freshet::query {
namespace {

/// A bool, or a schema.
struct BoolOrSchema {
  BoolOrSchema(bson::Element spec, int depth) {
    if (spec.type() == bson::Type::Bool) {
      allowed = spec.as_bool();
    } else if (spec.is_document()) {
      schema = nested_schema(spec, depth);
    } else {
      raise(ErrorCode::TypeMismatch,
            "$jsonSchema keyword '{}' must be either an object or a boolean", spec.name());
    }
  }
  bool matches(bson::ValueView value) const { return schema ? schema->matches(value) : allowed; }
  bool allowed = true;
  SchemaPtr schema;
};

void describe_item(const Schema& schema, std::size_t index, bson::ValueView item,
                   bson::Builder& out) {
  out.add("reason", "At least one item did not match the sub-schema");
  out.add("itemIndex", static_cast<std::int32_t>(index)).open_array("details");
  schema.describe(item, out);
  out.close();
}

/// One schema for all items, or one for each of the first ones.
class ItemsRule final : public SchemaRule {
 public:
  ItemsRule(bson::Element spec, int depth) : SchemaRule(spec), each_(!spec.is_array()) {
    if (each_) {
      schemas_.push_back(nested_schema(spec, depth));
      return;
    }
    for (const bson::Element& element : spec.as_document())
      schemas_.push_back(nested_schema(element, depth));
  }
  bool holds(bson::ValueView value) const override { return !failing(value); }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    const Failing found = *failing(value);
    describe_item(*schemas_[each_ ? 0 : found.index], found.index, found.item, out);
  }

 private:
  struct Failing {
    std::size_t index;
    bson::ValueView item;
  };
  std::optional<Failing> failing(bson::ValueView value) const {
    if (!value.is_array()) return std::nullopt;
    std::size_t index = 0;
    for (const bson::Element& item : value.as_document()) {
      if (!each_ && index == schemas_.size()) break;
      if (!schemas_[each_ ? 0 : index]->matches(item)) return Failing{index, item};
      ++index;
    }
    return std::nullopt;
  }

  bool each_;
  std::vector<SchemaPtr> schemas_;
};

/// What `items`, as a list, leaves over.
class AdditionalItemsRule final : public SchemaRule {
 public:
  AdditionalItemsRule(bson::Element spec, std::size_t first, int depth)
      : SchemaRule(spec), first_(first), rest_(spec, depth) {}
  bool holds(bson::ValueView value) const override {
    if (!value.is_array()) return true;
    std::size_t index = 0;
    for (const bson::Element& item : value.as_document()) {
      if (index++ >= first_ && !rest_.matches(item)) return false;
    }
    return true;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    if (!rest_.schema) {
      add_specified(out);
      out.add("reason", "found additional items").open_array("additionalItems");
      std::size_t at = 0;
      for (const bson::Element& item : value.as_document()) {
        if (at++ >= first_) out.push(item.value());
      }
      out.close();
      return;
    }
    std::size_t index = 0;
    for (const bson::Element& item : value.as_document()) {
      if (index >= first_ && !rest_.matches(item))
        return describe_item(*rest_.schema, index, item, out);
      ++index;
    }
  }

 private:
  std::size_t first_;
  BoolOrSchema rest_;
};

class ItemCountRule final : public SchemaRule {
 public:
  explicit ItemCountRule(bson::Element spec)
      : SchemaRule(spec), count_(count_argument(spec)), least_(spec.name() == "minItems") {}
  bool holds(bson::ValueView value) const override {
    if (!value.is_array()) return true;
    const auto items = static_cast<std::int64_t>(value.as_document().count());
    return least_ ? items >= count_ : items <= count_;
  }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_reason(out, "array did not match specified length", value);
  }

 private:
  std::int64_t count_;
  bool least_;
};

class UniqueItemsRule final : public SchemaRule {
 public:
  explicit UniqueItemsRule(bson::Element spec) : SchemaRule(spec) {}
  bool holds(bson::ValueView value) const override { return duplicate(value).missing(); }
  void describe(bson::ValueView value, bson::Builder& out) const override {
    add_specified(out);
    add_reason(out, "found a duplicate item", value);
    out.add("duplicatedValue", duplicate(value));
  }

 private:
  static bson::ValueView duplicate(bson::ValueView value) {
    if (!value.is_array()) return {};
    std::vector<bson::ValueView> seen;
    for (const bson::Element& item : value.as_document()) {
      for (const bson::ValueView other : seen) {
        if (equal_in_any_order(item, other)) return item;
      }
      seen.push_back(item);
    }
    return {};
  }
};

}  // namespace

SchemaRulePtr parse_schema_items(const SchemaKeyword& keyword) {
  if (!keyword.spec.is_array() && !keyword.spec.is_document()) {
    raise(ErrorCode::TypeMismatch, "$jsonSchema keyword 'items' must be an array or an object");
  }
  return std::make_unique<ItemsRule>(keyword.spec, keyword.depth);
}

SchemaRulePtr parse_schema_additional_items(const SchemaKeyword& keyword) {
  const bson::Element items = keyword.siblings["items"];
  if (!items.is_array()) {
    static_cast<void>(BoolOrSchema(keyword.spec, keyword.depth));
    return nullptr;
  }
  return std::make_unique<AdditionalItemsRule>(keyword.spec, items.as_document().count(),
                                               keyword.depth);
}

SchemaRulePtr parse_schema_item_count(const SchemaKeyword& keyword) {
  return std::make_unique<ItemCountRule>(keyword.spec);
}

SchemaRulePtr parse_schema_unique_items(const SchemaKeyword& keyword) {
  require_schema_type(keyword.spec, bson::Type::Bool);
  if (!keyword.spec.as_bool()) return nullptr;
  return std::make_unique<UniqueItemsRule>(keyword.spec);
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
// $group: one hash table from `_id` to accumulators.
#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "bson/compare.h"
#include "bson/key.h"
#include "pipeline/spill/sorted_runs.h"
#include "pipeline/spill/stage_memory.h"
#include "pipeline/stages/stages.h"
#include "query/accumulator.h"

namespace freshet::pipeline {
namespace {

using bson::Value;

struct KeyHash {
  const bson::StringOrder* collation;
  std::size_t operator()(const Value& value) const { return bson::hash(value.view(), collation); }
};
struct KeyEqual {
  const bson::StringOrder* collation;
  bool operator()(const Value& a, const Value& b) const {
    return bson::equal(a.view(), b.view(), collation);
  }
};

using Accumulators = std::vector<std::unique_ptr<query::Accumulator>>;

/// The parsed body: the expression of `_id` and the accumulators, sharing one scope.
struct Grouping {
  query::ExpressionPtr id;
  std::vector<query::AccumulatorSpec> accumulators;
  std::size_t slots = 0;
};

/// One $group at work. Groups that outgrow the memory go to disk as a run sorted by `_id`, with
/// what their accumulators have so far; at the end equal groups of all runs are put together.
class GroupStage final : public ExplainedStage {
 public:
  GroupStage(StagePtr source, const StageSpec& spec, const Grouping& grouping,
             const BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        grouping_(grouping),
        context_(context.query),
        spill_(context.spill),
        memory_("$group", context.spill),
        groups_(16, KeyHash{context_.collation}, KeyEqual{context_.collation}) {}

  std::optional<bson::View> next(Operation& op) override {
    if (!std::exchange(grouped_, true)) group(op);
    op.check();
    if (runs_ != nullptr) return next_merged(op);
    if (position_ == order_.size()) return std::nullopt;
    const auto& [id, accumulators] = *order_[position_++];
    return write(id, accumulators);
  }

 private:
  using Groups = std::unordered_map<Value, Accumulators, KeyHash, KeyEqual>;

  void group(Operation& op) {
    query::EvalContext evaluation{context_, Value(), Value(), std::vector<Value>(grouping_.slots)};
    while (const auto document = source().next(op)) {
      op.check();
      evaluation.root =
          Value(bson::ValueView(bson::Type::Document, document->data(), document->size_bytes()));
      evaluation.current = evaluation.root;
      Accumulators& accumulators = group_of(evaluation);
      for (std::size_t i = 0; i < accumulators.size(); ++i) {
        const std::size_t before = accumulators[i]->memory_bytes();
        grouping_.accumulators[i].add(*accumulators[i], evaluation);
        const std::size_t after = accumulators[i]->memory_bytes();
        if (after >= before) {
          full_ = memory_.use(after - before) || full_;
        } else {
          memory_.release(before - after);
        }
      }
      if (full_) spill(op);
    }
    if (runs_ != nullptr && !order_.empty()) spill(op);
    if (runs_ != nullptr) ahead_ = runs_->next();
  }

  Accumulators& group_of(query::EvalContext& evaluation) {
    Value id = grouping_.id->evaluate(evaluation);
    if (id.missing()) id = Value::null();
    const auto found = groups_.find(id);
    if (found != groups_.end()) return found->second;
    id = id.owned();
    constexpr std::size_t kGroupBytes = 160;  // table node, key, empty accumulators
    full_ = memory_.use(kGroupBytes + id.view().raw().size() + 64 * grouping_.accumulators.size());
    const auto added = groups_.emplace(id, make_accumulators(id)).first;
    order_.push_back(&*added);
    return added->second;
  }

  Accumulators make_accumulators(const Value& id) const {
    Accumulators out;
    for (const auto& spec : grouping_.accumulators)
      out.push_back(spec.make(id, context_));
    return out;
  }

  void spill(Operation& op) {
    if (runs_ == nullptr) runs_ = std::make_unique<SortedRuns>(*spill_.area);
    std::vector<std::pair<std::string, const Groups::value_type*>> sorted;
    sorted.reserve(order_.size());
    for (const Groups::value_type* group : order_) {
      std::string key;
      bson::append_key(key, group->first.view(), false, context_.collation);
      sorted.emplace_back(std::move(key), group);
    }
    std::ranges::sort(sorted, {},
                      [](const auto& entry) -> const std::string& { return entry.first; });
    for (const auto& [key, group] : sorted) {
      op.check();
      bson::Builder state;
      state.add("id", group->first.view()).open_array("states");
      for (const auto& accumulator : group->second)
        state.push_document().add("s", accumulator->partial().view()).close();
      state.close();
      const std::string bytes = state.take();
      runs_->write(key, bytes);
    }
    runs_->end_run();
    order_.clear();
    groups_.clear();
    memory_.release(memory_.used());
    full_ = false;
  }

  std::optional<bson::View> next_merged(Operation& op) {
    if (!ahead_) return std::nullopt;
    const std::string key(ahead_->key);
    const Value id = Value::copy(bson::View(ahead_->payload)["id"]);
    const Accumulators accumulators = make_accumulators(id);
    for (; ahead_ && ahead_->key == key; ahead_ = runs_->next()) {
      op.check();
      std::size_t i = 0;
      for (const bson::Element& state : bson::View(ahead_->payload)["states"].as_document())
        accumulators[i++]->merge(Value(state.as_document()["s"]));
    }
    return write(id, accumulators);
  }

  bson::View write(const Value& id, const Accumulators& accumulators) {
    bson::Builder out;
    out.add("_id", id.view());
    for (std::size_t i = 0; i < accumulators.size(); ++i)
      out.add(grouping_.accumulators[i].field(), accumulators[i]->result().view());
    current_ = out.take();
    return bson::View(current_);
  }

  const Grouping& grouping_;
  const query::QueryContext& context_;
  const SpillPolicy spill_;
  StageMemory memory_;
  bool full_ = false;  // what is in memory has to go to disk
  Groups groups_;
  std::vector<const Groups::value_type*> order_;  ///< groups as they were first seen
  std::size_t position_ = 0;
  bool grouped_ = false;
  std::unique_ptr<SortedRuns> runs_;    // null while everything fits into memory
  std::optional<SpilledRecord> ahead_;  // the first record that was not merged yet
  std::string current_;
};

/// {a: expression, ...} as `_id`: unlike elsewhere, what is missing becomes null.
class DocumentId final : public query::Expression {
 public:
  DocumentId(bson::View spec, query::ParseScope& scope) {
    for (const auto& element : spec) {
      fields_.emplace_back(std::string(element.name()), query::parse_expression(element, scope));
    }
  }
  Value evaluate(query::EvalContext& context) const override {
    bson::Builder out;
    for (const auto& [name, field] : fields_) {
      const Value value = field->evaluate(context);
      out.add(name, value.missing() ? Value::null().view() : value.view());
    }
    return Value::document(out.take());
  }
  void add_dependencies(query::Dependencies& out) const override {
    for (const auto& [name, field] : fields_)
      field->add_dependencies(out);
  }

 private:
  std::vector<std::pair<std::string, query::ExpressionPtr>> fields_;
};

query::ExpressionPtr parse_id(bson::ValueView spec, query::ParseScope& scope) {
  query::ExpressionPtr id = query::parse_expression(spec, scope);
  const bool fields = spec.is_document() && !spec.as_document().empty() &&
                      !(*spec.as_document().begin()).name().starts_with('$');
  if (!fields || id->is_constant()) return id;
  return std::make_unique<DocumentId>(spec.as_document(), scope);
}

class GroupSpec final : public StageSpec {
 public:
  GroupSpec(const StageTraits& traits, bson::Element body, const query::QueryContext& context)
      : StageSpec(traits, body) {
    query::ParseScope scope(context);
    for (const auto& element : body.as_document())
      add(element, scope);
    if (grouping_.id == nullptr)
      raise(location(15955), "a group specification must include an _id");
    grouping_.slots = scope.slots();
  }
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<GroupStage>(std::move(source), *this, grouping_, context);
  }

 private:
  void add(bson::Element element, query::ParseScope& scope) {
    const std::string_view field = element.name();
    if (field == "_id") {
      if (grouping_.id != nullptr)
        raise(location(15948), "a group's _id may only be specified once");
      grouping_.id = parse_id(element, scope);
      return;
    }
    if (field == "$doingMerge") raise(location(17030), "$doingMerge is for internal use");
    if (field.find('.') != std::string_view::npos) {
      raise(location(40235), "The field name '{}' cannot contain '.'", field);
    }
    if (field.starts_with('$'))
      raise(location(40236), "The field name '{}' cannot be an operator name", field);
    grouping_.accumulators.emplace_back(field, element, scope);
  }

  Grouping grouping_;
};

}  // namespace

void parse_group(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                 Pipeline& out) {
  if (!body.is_document())
    raise(location(15947), "a group's fields must be specified in an object");
  out.push_back(std::make_unique<GroupSpec>(traits, body, context.query));
}

}  // namespace freshet::pipeline

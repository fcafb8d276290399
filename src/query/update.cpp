// SPDX-License-Identifier: Apache-2.0
// The three forms of an update, and what all of them owe: `_id` stays, sizes and nesting have
// limits.
#include "query/update.h"

#include <optional>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "bson/validate.h"
#include "query/delta.h"
#include "query/update_apply.h"
#include "query/update_pipeline.h"
#include "query/update_tree.h"
#include "query/update_upsert.h"

namespace freshet::query {
namespace {

constexpr std::size_t kDocumentBytesMax = std::size_t{16} << 20;
constexpr int kStoredDepthMax = 180;
constexpr std::int32_t kDeltaVersion = 2;

void check_size(const std::string& document, ErrorCode code) {
  if (document.size() > kDocumentBytesMax) {
    raise(code, "resulting document of {} bytes is larger than {}", document.size(),
          kDocumentBytesMax);
  }
}

void check_id_kept(bson::View before, bson::View after) {
  const bson::Element old_id = before["_id"];
  if (!old_id || bson::identical(old_id, after["_id"])) return;
  raise(ErrorCode::ImmutableField,
        "performing an update on the path '_id' would modify the immutable field '_id'");
}

std::string log_of(const DeltaNode& delta) {
  bson::Builder out;
  out.add("$v", kDeltaVersion).open_document("diff");
  write_delta(delta, out);
  return out.close().take();
}

/// `replacement` with the `_id` of the old document, or its own when that is equal, in front.
std::string with_id_first(bson::ValueView id, bson::View document) {
  bson::Builder out;
  out.add("_id", id);
  for (const bson::Element& element : document) {
    if (element.name() != "_id") out.add(element);
  }
  return out.take();
}

void check_replacement(bson::View document) {
  for (const bson::Element& element : document) {
    if (!element.name().starts_with('$')) continue;
    raise(ErrorCode::DollarPrefixedFieldName,
          "the dollar ($) prefixed field '{}' is not allowed in the context of an update's "
          "replacement document. Consider "
          "using an aggregation pipeline with $replaceWith",
          element.name());
  }
}

}  // namespace

struct Update::State {
  Form form = Form::Replacement;
  ArrayFilters filters;
  UpdateTree tree;
  std::string replacement;
  std::optional<UpdatePipeline> pipeline;

  UpdateOutcome apply_operators(bson::View document, const MatchDetails& details,
                                const QueryContext& context) const;
  UpdateOutcome apply_replacement(bson::View document) const;
  UpdateOutcome apply_pipeline(bson::View document, const QueryContext& context) const;
};

Update::Update(bson::ValueView spec, bson::View array_filters, const QueryContext& context,
               bool /*upsert*/)
    : state_(std::make_unique<State>()) {
  if (spec.is_array()) {
    if (!array_filters.empty()) {
      raise(ErrorCode::FailedToParse, "cannot specify arrayFilters and a pipeline update");
    }
    state_->form = Form::Pipeline;
    state_->pipeline.emplace(spec.as_document(), context);
    return;
  }
  if (!spec.is_document()) {
    raise(ErrorCode::FailedToParse,
          "update argument must be either an object or an array, found {}",
          bson::type_alias(spec.type()));
  }
  const bson::View document = spec.as_document();
  if (document.empty() || !document.begin()->name().starts_with('$')) {
    check_replacement(document);
    state_->replacement = document.to_string();
    return;
  }
  state_->form = Form::Operators;
  state_->filters = parse_array_filters(array_filters, context);
  state_->tree.parse(document, state_->filters, context);
  check_filters_used(state_->filters, document);
}

Update::~Update() = default;
Update::Update(Update&&) noexcept = default;
Update& Update::operator=(Update&&) noexcept = default;

Update::Form Update::form() const {
  return state_->form;
}

bool Update::needs_position() const {
  return state_->tree.needs_position();
}

UpdateOutcome Update::apply(bson::View document, const MatchDetails& details,
                            const QueryContext& context) const {
  switch (state_->form) {
    case Form::Operators:
      return state_->apply_operators(document, details, context);
    case Form::Replacement:
      return state_->apply_replacement(document);
    case Form::Pipeline:
      return state_->apply_pipeline(document, context);
  }
  return {};
}

UpdateOutcome Update::State::apply_operators(bson::View document, const MatchDetails& details,
                                             const QueryContext& context) const {
  UpdateRun run(tree, filters, context, details.array_index, false);
  DeltaNode delta;
  UpdateOutcome outcome;
  outcome.document = run.apply(document, delta);
  if (delta.empty()) return outcome;
  check_id_kept(document, bson::View(outcome.document));
  check_size(outcome.document, location(17419));
  outcome.changed = true;
  outcome.log_object = log_of(delta);
  return outcome;
}

UpdateOutcome Update::State::apply_replacement(bson::View document) const {
  const bson::Element old_id = document["_id"];
  const bson::View wanted(replacement);
  const bson::Element new_id = wanted["_id"];
  if (new_id && old_id && !bson::equal(new_id, old_id)) {
    raise(ErrorCode::ImmutableField,
          "after applying the update, the (immutable) field '_id' was found to have been altered");
  }
  UpdateOutcome outcome;
  outcome.document = with_id_first(new_id ? new_id : old_id, wanted);
  check_size(outcome.document, location(17419));
  outcome.changed = replacement !=
                    document.bytes();  // as written, so one without `_id` always counts as a change
  outcome.is_replacement = true;
  if (outcome.changed) outcome.log_object = outcome.document;
  return outcome;
}

UpdateOutcome Update::State::apply_pipeline(bson::View document,
                                            const QueryContext& context) const {
  UpdateOutcome outcome;
  outcome.document = pipeline->apply(document, context);
  const bson::Element old_id = document["_id"];
  const bson::View after(outcome.document);
  if (old_id && !after["_id"]) {
    outcome.document = with_id_first(old_id, after);  // a stage that drops `_id` does not mean it
  } else {
    check_id_kept(document, after);
  }
  if (outcome.document == document.bytes()) return outcome;
  check_size(outcome.document, location(17419));
  if (bson::validate(outcome.document, {.depth_max = kStoredDepthMax, .check_utf8 = false})
          .too_deep) {
    raise(ErrorCode::Overflow, "exceeded the maximum nesting depth of stored documents, {}",
          kStoredDepthMax);
  }
  outcome.changed = true;
  if (const std::optional<std::string> diff = make_diff(document, bson::View(outcome.document))) {
    bson::Builder out;
    outcome.log_object = out.add("$v", kDeltaVersion).add("diff", bson::View(*diff)).take();
  } else {
    outcome.log_object = outcome.document;
    outcome.is_replacement = true;
  }
  return outcome;
}

std::string Update::upsert_document(const Matcher& filter, const QueryContext& context) const {
  const std::string base = upsert_base(filter.root(), state_->form == Form::Replacement, context);
  std::string document;
  switch (state_->form) {
    case Form::Operators: {
      UpdateRun run(state_->tree, state_->filters, context, std::nullopt, true);
      DeltaNode delta;
      document = run.apply(bson::View(base), delta);
      break;
    }
    case Form::Replacement:
      document = state_->replacement;
      break;
    case Form::Pipeline:
      document = state_->pipeline->apply(bson::View(base), context);
      break;
  }
  const bson::Element base_id = bson::View(base)["_id"];
  const bson::Element id = bson::View(document)["_id"];
  if (base_id && id &&
      (state_->form == Form::Replacement ? !bson::equal(base_id, id)
                                         : !bson::identical(base_id, id))) {
    raise(ErrorCode::ImmutableField,
          "performing an update on the path '_id' would modify the immutable field '_id'");
  }
  check_upsert_id(id ? id : base_id);
  if (id || base_id) document = with_id_first(id ? id : base_id, bson::View(document));
  check_size(document, location(17420));
  return document;
}

}  // namespace freshet::query

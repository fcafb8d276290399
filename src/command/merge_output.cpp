// SPDX-License-Identifier: Apache-2.0
// $merge: each document finds its counterpart by the `on` fields and changes it, or is inserted.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "collection/data.h"
#include "collection/insert_form.h"
#include "command/pipeline_output.h"
#include "command/plan_services.h"
#include "command/write_batch.h"
#include "pipeline/plan/statement_records.h"
#include "query/expression/expression.h"
#include "query/update.h"

namespace freshet::command {
namespace {

using collection::WriteStatus;
using pipeline::PickedRecord;
using pipeline::StatementRecords;
using Matched = pipeline::OutputOptions::WhenMatched;
using NotMatched = pipeline::OutputOptions::WhenNotMatched;

constexpr ErrorCode kMergeStageNoMatchingDocument = location(13113);

/// A unique index over exactly these paths, in any order.
bool covers(const catalog::IndexDefinition& index, const std::vector<std::string>& paths) {
  const bool usable = (index.unique || index.is_id_index()) && index.partial_filter.empty() &&
                      !index.building && index.parts.size() == paths.size();
  return usable && std::ranges::all_of(index.parts, [&](const catalog::IndexPart& part) {
           return std::ranges::find(paths, part.path) != paths.end();
         });
}

class MergeOutput final : public PipelineOutput {
 public:
  using PipelineOutput::PipelineOutput;

 private:
  void begin(CommandContext& context) override {
    check_writable(context, target());
    collection::Data& data = context.services.data;
    const catalog::CollectionPtr found = data.catalog().latest()->find(target());
    if (found && found->is_view()) {
      raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
            target().full());
    }
    check_on_fields(found.get());
    if (!found) data.ddl().ensure_collection(target());
  }

  void finish(CommandContext&) override {}  // each portion stands on its own

  /// The index that makes the `on` fields unique, or null.
  const catalog::IndexDefinition* unique_index(
      const catalog::CollectionDefinition& collection) const {
    for (const catalog::IndexPtr& index : collection.indexes) {
      if (covers(*index, options().on)) return index.get();
    }
    return nullptr;
  }

  void check_on_fields(const catalog::CollectionDefinition* collection) const {
    const std::vector<std::string>& on = options().on;
    if (on.size() == 1 && on[0] == "_id") return;
    if (collection != nullptr && unique_index(*collection) != nullptr) return;
    raise(location(51183), "Cannot find index to verify that join fields will be unique");
  }

  WriteStatus write(CommandContext& context, collection::WriteUnit& unit,
                    bson::View incoming) override {
    const catalog::CollectionPtr collection = unit.catalog().find(target());
    if (!collection) {
      context.services.data.ddl().ensure_collection(target());
      return WriteStatus::Changed;
    }
    const std::string document = with_id(context, incoming);
    const std::string filter = filter_for(bson::View(document));
    const std::string let = variables_for(bson::View(document));
    const StatementRecords records(
        plan_services(context.services),
        pipeline::StatementSpec{.filter = bson::View(filter), .let = bson::View(let)}, collection,
        context.op);
    const std::optional<PickedRecord> record = records.pick_first(unit, collection, context.op);
    collection::Writer writer(unit, collection, write_context(context));
    return record ? change(writer, *record, records, bson::View(document), incoming)
                  : insert(context, writer, bson::View(document));
  }

  /// Who merges by _id gets one where the document has none.
  std::string with_id(CommandContext& context, bson::View document) const {
    const bool by_id = std::ranges::find(options().on, "_id") != options().on.end();
    if (!by_id || document["_id"]) return document.to_string();
    bson::Builder out;
    out.add_object_id("_id", context.services.data.object_ids().next());
    out.add_all(document);
    return out.take();
  }

  std::string filter_for(bson::View document) const {
    bson::Builder out;
    for (const std::string& path : options().on) {
      const bson::ValueView value = value_at(document, path);
      if (value.nullish()) {
        raise(location(51132),
              "$merge write error: 'on' field '{}' cannot be missing, null or undefined", path);
      }
      if (value.is_array()) {
        raise(location(51185), "$merge write error: 'on' field '{}' cannot be an array", path);
      }
      out.open_document(path).add("$eq", value).close();
    }
    return out.take();
  }

  static bson::ValueView value_at(bson::View document, std::string_view path) {
    const std::size_t dot = path.find('.');
    const bson::ValueView value = document[path.substr(0, dot)];
    if (dot == std::string_view::npos) return value;
    if (value.is_array())
      raise(location(51185), "$merge write error: 'on' field '{}' runs through an array", path);
    return value.is_document() ? value_at(value.as_document(), path.substr(dot + 1))
                               : bson::ValueView();
  }

  /// `new`, and what `let` makes of the incoming document.
  std::string variables_for(bson::View document) {
    bson::Builder out;
    out.open_document("new").add("$literal", document).close();
    const query::QueryContext& context = plan().query_context();
    for (const bson::Element& variable : bson::View(let())) {
      if (variable.name() == "new") continue;
      const query::CompiledExpression expression(variable, context);
      const bson::Value value = expression.evaluate(document, context);
      if (value.missing()) continue;
      out.open_document(variable.name()).add("$literal", value.view()).close();
    }
    return out.take();
  }
  std::string_view let() const {
    return options().let.empty() ? bson::View().bytes() : std::string_view(options().let);
  }

  WriteStatus change(collection::Writer& writer, const PickedRecord& record,
                     const StatementRecords& records, bson::View document, bson::View incoming) {
    const Matched mode = options().when_matched;
    if (mode == Matched::KeepExisting) return WriteStatus::Done;
    if (mode == Matched::Fail) refuse_matched(writer.collection(), document);
    const std::string spec = update_for(mode, document, incoming);
    const bson::Type type = mode == Matched::Replace ? bson::Type::Document : bson::Type::Array;
    const query::Update update(
        bson::ValueView(type, spec.data(), static_cast<std::uint32_t>(spec.size())), bson::View(),
        records.context());
    const bson::View before(record.document);
    const query::UpdateOutcome outcome = update.apply(before, {}, records.context());
    if (!outcome.changed) return WriteStatus::Done;
    return checked(writer, writer.update(record.id, before, outcome));
  }

  [[noreturn]] void refuse_matched(const catalog::CollectionDefinition& collection,
                                   bson::View document) const {
    const catalog::IndexDefinition* index = unique_index(collection);
    collection::DuplicateKey duplicate;
    bson::Builder values;
    for (const std::string& path : options().on)
      values.add(path, value_at(document, path));
    duplicate.key_value = values.take();
    if (index != nullptr) {
      duplicate.index = index->name;
      duplicate.key_pattern = index->key;
    } else {
      duplicate.key_pattern = bson::View().to_string();
    }
    collection::raise_duplicate_key(collection, duplicate);
  }

  std::string update_for(Matched mode, bson::View document, bson::View incoming) const {
    if (mode == Matched::Pipeline) return options().pipeline;
    if (mode == Matched::Replace) {
      static_cast<void>(document);
      return incoming.to_string();
    }
    bson::Builder out;
    out.push_document().open_document("$replaceWith").open_array("$mergeObjects");
    out.push("$$ROOT").push("$$new");
    out.close().close().close();
    return out.take();
  }

  WriteStatus insert(CommandContext& context, collection::Writer& writer, bson::View document) {
    if (options().when_not_matched == NotMatched::Discard) return WriteStatus::Done;
    if (options().when_not_matched == NotMatched::Fail) {
      raise(kMergeStageNoMatchingDocument,
            "$merge could not find a matching document in the target collection for at least one "
            "document in the source collection");
    }
    collection::Data& data = context.services.data;
    const std::string prepared = collection::prepare_insert(document, data.object_ids(),
                                                            data.commits().applied().timestamp());
    return checked(writer, writer.insert(bson::View(prepared)));
  }

  static WriteStatus checked(const collection::Writer& writer,
                             const collection::WriteOutcome& outcome) {
    if (outcome.duplicate) collection::raise_duplicate_key(writer.collection(), *outcome.duplicate);
    return outcome.status;
  }
};

}  // namespace

std::unique_ptr<PipelineOutput> make_merge_output(std::unique_ptr<pipeline::QueryPlan> plan,
                                                  const OutputArguments& arguments) {
  return std::make_unique<MergeOutput>(std::move(plan), arguments);
}

}  // namespace freshet::command

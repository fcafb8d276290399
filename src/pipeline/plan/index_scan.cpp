// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/index_scan.h"

#include <algorithm>
#include <utility>

#include "base/operation.h"
#include "collection/entry_types.h"
#include "collection/index_keys.h"
#include "pipeline/plan/index_text.h"
#include "query/match_text.h"

namespace freshet::pipeline {
namespace {

bool has_arrays(const std::vector<Component>& components) {
  return std::any_of(components.begin(), components.end(),
                     [](const Component& component) { return component.arrays != 0; });
}

std::optional<KeyDocument> output_of(const IndexScanPlan& plan) {
  if (plan.output == IndexScanPlan::Output::Documents) return std::nullopt;
  if (!KeyDocument::possible(*plan.index, plan.fields)) return std::nullopt;
  return KeyDocument(*plan.index, plan.fields);
}

std::optional<KeyDocument> filter_of(const IndexScanPlan& plan) {
  if (plan.key_filter.empty()) return std::nullopt;
  return KeyDocument(*plan.index, plan.key_filter_paths);
}

}  // namespace

IndexScan::IndexScan(storage::Store& store, catalog::CollectionPtr collection, IndexScanPlan plan)
    : store_(store),
      collection_(std::move(collection)),
      plan_(std::move(plan)),
      filter_document_(filter_of(plan_)),
      output_document_(output_of(plan_)),
      may_repeat_(has_arrays(plan_.components) || !plan_.index->holds_values()) {}

IndexScan::~IndexScan() = default;

const storage::KeyRange& IndexScan::range() const {
  const bool forward = plan_.direction == storage::Direction::Forward;
  return plan_.ranges[forward ? at_range_ : plan_.ranges.size() - 1 - at_range_];
}

// Opens the current range behind the last entry; false when every range is done.
bool IndexScan::open_range() {
  while (at_range_ < plan_.ranges.size()) {
    if (!cursor_) {
      ++seeks_;
      cursor_ = std::make_unique<collection::IndexCursor>(*reader_, *plan_.index, range(),
                                                          plan_.direction);
      if (!last_entry_.empty()) cursor_->seek_past(last_entry_);
    } else if (stepped_) {
      cursor_->next();
    }
    stepped_ = true;
    if (cursor_->valid()) return true;
    cursor_.reset();
    last_entry_.clear();
    stepped_ = false;
    ++at_range_;
  }
  return false;
}

// To the next entry of a record that was not given before. An index may get multikey under an open
// plan: its records are remembered from then on.
bool IndexScan::advance(Operation& op) {
  while (open_range()) {
    op.check();
    ++keys_.works;
    last_entry_ = cursor_->entry();
    const std::size_t before = seen_.bytes();
    const bool remembers = may_repeat_ || plan_.index->multikey();
    if (!remembers || seen_.insert(cursor_->record())) {
      op.use_memory(seen_.bytes() - before);
      ++keys_.advanced;
      return true;
    }
    ++repeated_;
  }
  keys_.at_end = true;
  return false;
}

std::optional<Record> IndexScan::next(Operation& op) {
  while (advance(op)) {
    ++records_.works;
    if (auto record = give()) {
      ++records_.advanced;
      return record;
    }
  }
  records_.at_end = true;
  return std::nullopt;
}

std::optional<Record> IndexScan::give() {
  const bool told = !collection::is_cut_key(cursor_->key());
  // The entry stands for the whole document: its values are the document's own.
  const bool whole = told && collection::EntryTypes(cursor_->types()).without_arrays();
  const bool sure = plan_.filter == nullptr || (plan_.exact && whole);
  if (told && !sure && is_refused()) return std::nullopt;
  if (sure && plan_.output == Output::Nothing) return Record{cursor_->record(), bson::View()};
  if (told && output_document_ && (sure || plan_.fields_tell_filter)) {
    if (const auto document = from_entry()) {
      if (!sure && !plan_.filter->matches(*document)) return std::nullopt;
      return Record{cursor_->record(), *document};
    }
  }
  return fetch(sure);
}

// What the entry tells is enough to know that the document does not match.
bool IndexScan::is_refused() {
  if (!filter_document_) return false;
  const auto document = filter_document_->for_filter(cursor_->key(), cursor_->types());
  if (!document) return false;
  return std::any_of(
      plan_.key_filter.begin(), plan_.key_filter.end(),
      [&](const query::MatchNode* part) { return !part->matches(*document, nullptr); });
}

std::optional<bson::View> IndexScan::from_entry() {
  if (plan_.output == Output::Nothing) {
    return output_document_->for_filter(cursor_->key(), cursor_->types());
  }
  return output_document_->for_projection(cursor_->key(), cursor_->types());
}

std::optional<Record> IndexScan::fetch(bool sure) {
  const RecordId id = cursor_->record();
  std::optional<std::string> document =
      collection::get_document(*reader_, store_, *collection_, id);
  if (!document) return std::nullopt;
  ++documents_;
  document_ = std::move(*document);
  if (!sure && !plan_.filter->matches(bson::View(document_))) return std::nullopt;
  return Record{id, bson::View(document_)};
}

std::string IndexScan::index_key(bson::View document) const {
  // The cursor may be gone: a merge gives records that it took before the batch.
  std::string_view key = last_entry_;
  if (!plan_.index->unique) key.remove_suffix(collection::kRecordKeyBytes);
  return collection::key_value_document(*plan_.index, document, key);
}

void IndexScan::save() {
  cursor_.reset();
  stepped_ = false;
  ++keys_.saves;
  ++records_.saves;
}

void IndexScan::restore(const storage::Reader& reader) {
  reader_ = &reader;
  ++keys_.restores;
  ++records_.restores;
}

bool IndexScan::fetches() const {
  return plan_.output == Output::Documents || !output_document_;
}

void IndexScan::explain(StageText& out) const {
  const query::TextNode* text =
      plan_.index->kind == catalog::IndexKind::Text && plan_.filter != nullptr
          ? query::find_text(plan_.filter->root())
          : nullptr;
  if (text == nullptr) return explain_fetch(out);
  out.stage("TEXT_MATCH", records_);
  add_text_search(out.out(), *plan_.index, text->search());
  out.out().open_document("inputStage");
  explain_fetch(out);
  out.out().close();
}

void IndexScan::explain_fetch(StageText& out) const {
  if (!fetches()) {
    explain_scan(out, plan_.output == Output::Nothing ? "COUNT_SCAN" : "IXSCAN");
    return;
  }
  const bool filtered = plan_.filter != nullptr && !plan_.exact;
  out.stage("FETCH", filtered ? plan_.filter->filter() : bson::View(), records_);
  if (out.with_counts()) {
    out.out().add("docsExamined", documents_).add("alreadyHasObj", std::int32_t{0});
  }
  out.out().open_document("inputStage");
  explain_scan(out, "IXSCAN");
  out.out().close();
}

void IndexScan::explain_scan(StageText& out, std::string_view name) const {
  out.stage(name, fetches() ? keys_ : records_);
  add_index(out.out(), *plan_.index, plan_.components);
  out.out().add("direction", direction_name(plan_.direction));
  add_bounds(out.out(), plan_.components, plan_.sets);
  if (!out.with_counts()) return;
  out.out().add("keysExamined", keys_.works).add("seeks", seeks_);
  const bool tests = may_repeat_ || plan_.index->multikey();
  out.out().add("dupsTested", tests ? keys_.works : 0).add("dupsDropped", repeated_);
}

}  // namespace freshet::pipeline

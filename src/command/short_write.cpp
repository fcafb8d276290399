// SPDX-License-Identifier: Apache-2.0
#include "command/short_write.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "catalog/catalog.h"
#include "collection/data.h"

namespace freshet::command {
namespace {

constexpr std::size_t kRequestBytesMax = std::size_t{64} << 10;
constexpr std::size_t kStatementsMax = 64;
// So many are looked at faster than a worker is woken.
constexpr std::int64_t kDocumentsMax = 100;

/// {field: value}, not {field: {$gt: …}} or {field: /x/}.
bool is_equality(const bson::Element& element) {
  if (!element || element.type() == bson::Type::Regex) return false;
  if (!element.is_document() || element.as_document().empty()) return true;
  return !(*element.as_document().begin()).name().starts_with('$');
}

class Judge {
 public:
  explicit Judge(const CommandContext& context) : context_(context) {}

  /// `one`: the statement ends with the first document it finds.
  bool finds_quickly(bson::View filter, bool one) {
    if (is_equality(filter["_id"])) return true;
    find_collection();
    return nothing_there_ || finds_by_index(filter, one);
  }

  bool is_short(const bson::Element& statement) {
    return !statement.is_document() || is_short(statement.as_document());
  }

  bool is_short(bson::View statement) {
    const bson::Element filter = statement["q"] ? statement["q"] : statement["filter"];
    if (!filter.is_document()) return true;  // an insert
    const bson::Element limit = statement["limit"];
    const bool many = statement["multi"].truthy() || (limit && !limit.truthy());
    return finds_quickly(filter.as_document(), !many && !statement["sort"]);
  }

 private:
  // Not before it matters: inserts and statements on one _id are short whatever is there.
  void find_collection() {
    if (std::exchange(looked_, true)) return;
    const bson::Element first = *context_.body.begin();
    if (!first.is_string()) return;  // several collections, or something wrong
    const auto catalog = context_.services.data.catalog().latest();
    collection_ = catalog->find(context_.db, first.as_string());
    nothing_there_ =
        collection_ == nullptr || collection_->is_view() ||
        collection_->runtime->documents.load(std::memory_order_relaxed) <= kDocumentsMax;
  }

  bool finds_by_index(bson::View filter, bool one) const {
    return one && collection_ != nullptr &&
           std::ranges::any_of(collection_->indexes, [&](const catalog::IndexPtr& index) {
             return index->ready() && !index->partial && is_equality(filter[index->parts[0].path]);
           });
  }

  const CommandContext& context_;
  catalog::CollectionPtr collection_;
  bool nothing_there_ = false;
  bool looked_ = false;
};

}  // namespace

bool is_short_write(const CommandContext& context) {
  if (context.message.bytes.size() > kRequestBytesMax) return false;
  Judge judge(context);
  for (const wire::DocumentSequence& sequence : context.message.sequences) {
    if (sequence.documents.size() > kStatementsMax) return false;
    if (sequence.identifier == "documents") continue;  // inserts, whatever their fields are called
    for (const bson::View statement : sequence.documents)
      if (!judge.is_short(statement)) return false;
  }
  bson::Element query;
  bool sorted = false;
  for (const bson::Element& field : context.body) {
    const std::string_view name = field.name();
    if (equals(name, "query")) query = field;
    if (equals(name, "sort")) sorted = true;
    const bool statements =
        equals(name, "updates") || equals(name, "deletes") || equals(name, "ops");
    if (!statements || !field.is_array()) continue;
    for (const bson::Element& statement : field.as_document())
      if (!judge.is_short(statement)) return false;
  }
  return !query.is_document() || judge.finds_quickly(query.as_document(), !sorted);
}

}  // namespace freshet::command

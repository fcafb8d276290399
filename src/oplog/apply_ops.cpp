// SPDX-License-Identifier: Apache-2.0
#include "oplog/apply_ops.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/invariant.h"
#include "bson/builder.h"

namespace freshet::oplog {
namespace {

constexpr std::string_view kApplyOps = "applyOps";
constexpr std::string_view kLoggedOn = "admin";
// Of an element of the array besides the operation: type, number, terminator.
constexpr std::size_t kElementBytes = 16;

/// What operations of one transaction share stands in the entry around them.
bool is_shared(std::string_view field) {
  return field == "ts" || field == "t" || field == "v" || field == "wall" || field == "lsid" ||
         field == "txnNumber" || field == "stmtId";
}

std::string operation_of(std::string entry_bytes) {
  bson::Builder out;
  for (const bson::Element& field : bson::View(entry_bytes)) {
    if (!is_shared(field.name())) out.add(field);
  }
  return out.take();
}

/// Puts one entry of the chain together.
class Link {
 public:
  bool fits(std::size_t operation_bytes, std::size_t bytes_max) const {
    return operations_.empty() || bytes_ + operation_bytes + kElementBytes <= bytes_max;
  }
  void add(std::string operation) {
    bytes_ += operation.size() + kElementBytes;
    operations_.push_back(std::move(operation));
  }

  /// {applyOps: […], partialTxn: true} or {applyOps: […], count: n}: n of the whole chain.
  std::string take(bool last, std::int64_t count, bool chained) {
    bson::Builder out;
    out.open_array(kApplyOps);
    for (std::string& operation : operations_) {
      out.push(bson::View(operation));
      operation = std::string();
    }
    out.close();
    if (!last) out.add("partialTxn", true);
    if (last && chained) out.add("count", count);
    operations_.clear();
    bytes_ = 0;
    return out.take();
  }

 private:
  std::vector<std::string> operations_;
  std::size_t bytes_ = 0;
};

/// prevOpTime: {ts, t} at the end of the entry; the sequencer writes ts, and the first of a chain
/// keeps "none": ts 0, t -1.
void append_previous(commit::PendingEntry& entry, std::int64_t term, bool first) {
  bson::Builder previous;
  previous.open_document("prevOpTime")
      .add("ts", bson::Timestamp{})
      .add("t", first ? std::int64_t{-1} : term)
      .close();
  const std::string document = previous.take();
  // In the element: its type and name, the inner length, the type and name of ts.
  constexpr std::size_t kTimestampOffset = 1 + sizeof("prevOpTime") + 4 + 1 + sizeof("ts");
  const std::string_view element(document.data() + 4, document.size() - 5);
  entry.bytes.pop_back();
  if (!first) entry.previous_offset = entry.bytes.size() + kTimestampOffset;
  entry.bytes.append(element).push_back('\0');
  store_le(entry.bytes.data(), static_cast<std::uint32_t>(entry.bytes.size()));
}

/// The namespaces of the operations, each once.
class Namespaces {
 public:
  void add(std::string_view entry_bytes) {
    const std::string_view ns = entry_ns(entry_bytes);
    if (ns == last_) return;
    if (entry_kind(entry_bytes) == OpKind::Command) {
      // A command is logged on "db.$cmd"; its first value names the collection.
      const EntryView command = EntryView::parse(entry_bytes);
      all_.insert(std::string(command.db()) + "." + std::string((*command.o.begin()).as_string()));
      return;
    }
    last_ = ns;
    all_.insert(last_);
  }

  /// {namespaces: […]}
  std::string document() const {
    bson::Builder out;
    out.open_array("namespaces");
    for (const std::string& ns : all_)
      out.push(ns);
    out.close();
    return out.take();
  }

 private:
  std::set<std::string> all_;
  std::string last_;
};

}  // namespace

std::vector<commit::PendingEntry> make_apply_ops(const EntryContext& context,
                                                 std::vector<commit::PendingEntry> operations,
                                                 std::size_t bytes_max) {
  invariant(!operations.empty(), "a transaction without operations is not logged");
  std::vector<commit::PendingEntry> chain;
  Namespaces namespaces;
  Link link;
  const auto count = static_cast<std::int64_t>(operations.size());
  const auto finish = [&](bool last) {
    const bool chained = !last || !chain.empty();
    const std::string o = link.take(last, count, chained);
    const std::string touched = last && chained ? namespaces.document() : std::string();
    const bson::View o2(touched);
    chain.push_back(make_command(context, kLoggedOn, std::nullopt, bson::View(o),
                                 touched.empty() ? nullptr : &o2));
    append_previous(chain.back(), context.term, chain.size() == 1);
  };
  for (commit::PendingEntry& pending : operations) {
    namespaces.add(pending.bytes);
    std::string operation = operation_of(std::move(pending.bytes));
    if (!link.fits(operation.size(), bytes_max)) finish(false);
    link.add(std::move(operation));
  }
  finish(true);
  return chain;
}

bool is_apply_ops(const EntryView& entry) {
  return entry.kind == OpKind::Command && entry.command_name() == kApplyOps;
}

bool ends_transaction(const EntryView& entry) {
  return !entry.o["partialTxn"].truthy();
}

OperationReader::OperationReader(const EntryView& entry)
    : entry_(entry), is_whole_(!is_apply_ops(entry)) {
  if (is_whole_) return;
  const bson::View operations = (*entry.o.begin()).as_document();
  at_ = operations.begin();
  end_ = operations.end();
}

std::optional<EntryView> OperationReader::next() {
  if (is_whole_) {
    if (std::exchange(done_, true)) return std::nullopt;
    return entry_;
  }
  if (at_ == end_) return std::nullopt;
  EntryView operation = EntryView::parse((*at_).as_document());
  ++at_;
  operation.time = entry_.time;
  operation.term = entry_.term;
  operation.wall_ms = entry_.wall_ms;
  operation.lsid = entry_.lsid;
  operation.txn_number = entry_.txn_number;
  return operation;
}

std::vector<std::string_view> touched_namespaces(const EntryView& entry) {
  std::vector<std::string_view> out;
  if (!entry.o2.is_document()) return out;
  for (const bson::Element& ns : entry.o2.as_document()["namespaces"].as_document())
    out.push_back(ns.as_string());
  return out;
}

}  // namespace freshet::oplog

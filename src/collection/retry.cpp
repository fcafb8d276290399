// SPDX-License-Identifier: Apache-2.0
// Key: 'w', the session's UUID (16 bytes), its user digest (0 or 32 bytes). Value: BSON
//   {n: int64 txnNumber, t: date of the last use, c?: true,
//    s: [{f: int32, l: int32, n: int32, m: int32, u?: {_id}, v?: {value}}]}
// each element of s being the statements f to l, which all came to the same. With c it is the
// number of a transaction that was committed, and s is empty.
#include "collection/retry.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"

namespace freshet::collection {
namespace {

constexpr storage::Space kSessions{storage::SpaceKind::Sessions};
constexpr char kRetryKey = 'w';

std::string retry_key(const model::SessionId& lsid) {
  std::string key(1, kRetryKey);
  key += lsid.id.bytes();
  key += lsid.uid;
  return key;
}

std::optional<std::string> owned(bson::ValueView document) {
  if (!document.is_document()) return std::nullopt;
  return document.as_document().to_string();
}

}  // namespace

RetryRecord::RetryRecord(commit::Transaction& transaction, const model::SessionId& lsid,
                         std::int64_t txn_number)
    : transaction_(transaction), key_(retry_key(lsid)), txn_number_(txn_number) {
  const auto stored = transaction_.get(kSessions, key_);
  if (!stored) return;
  const bson::View record(*stored);
  const std::int64_t newest = record["n"].as_int64();
  if (newest > txn_number_) {
    raise(ErrorCode::TransactionTooOld,
          "cannot run a statement of transaction number {} on session {}: it is at {} already",
          txn_number_, lsid.id.to_string(), newest);
  }
  if (newest != txn_number_) return;
  if (record["c"].truthy()) {
    raise(ErrorCode::InvalidOptions,
          "Must specify autocommit=false on all operations of a multi-statement transaction");
  }
  read(record);
}

void RetryRecord::read(bson::View record) {
  for (const bson::Element& element : record["s"].as_document()) {
    const bson::View run = element.as_document();
    StatementResult result;
    result.n = run["n"].as_int32();
    result.n_modified = run["m"].as_int32();
    result.upserted = owned(run["u"]);
    result.value = owned(run["v"]);
    runs_.push_back({run["f"].as_int32(), run["l"].as_int32(), std::move(result)});
  }
}

std::optional<StatementResult> RetryRecord::find(std::int32_t stmt_id) const {
  const auto run = std::find_if(runs_.begin(), runs_.end(), [stmt_id](const Run& r) {
    return r.first <= stmt_id && stmt_id <= r.last;
  });
  if (run == runs_.end()) return std::nullopt;
  return run->result;
}

void RetryRecord::add(std::int32_t stmt_id, StatementResult result) {
  changed_ = true;
  const bool plain = !result.upserted && !result.value;
  if (plain && !runs_.empty() && runs_.back().last + 1 == stmt_id &&
      runs_.back().result == result) {
    runs_.back().last = stmt_id;
    return;
  }
  runs_.push_back({stmt_id, stmt_id, std::move(result)});
}

commit::HoldOutcome RetryRecord::save(std::int64_t wall_ms) {
  if (!changed_) return commit::HoldOutcome::Held;
  bson::Builder out;
  out.add("n", txn_number_).add_date("t", wall_ms);
  out.open_array("s");
  for (const Run& run : runs_) {
    out.push_document().add("f", run.first).add("l", run.last);
    out.add("n", run.result.n).add("m", run.result.n_modified);
    if (run.result.upserted) out.add("u", bson::View(*run.result.upserted));
    if (run.result.value) out.add("v", bson::View(*run.result.value));
    out.close();
  }
  out.close();
  return transaction_.put(kSessions, key_, out.take());
}

std::optional<StoredNumber> stored_number(const storage::Reader& reader,
                                          const model::SessionId& lsid) {
  const auto stored = reader.get(kSessions, retry_key(lsid));
  if (!stored) return std::nullopt;
  const bson::View record(*stored);
  return StoredNumber{record["n"].as_int64(), record["c"].truthy()};
}

commit::HoldOutcome put_committed_number(commit::Transaction& transaction,
                                         const model::SessionId& lsid, std::int64_t number,
                                         std::int64_t wall_ms) {
  bson::Builder out;
  out.add("n", number).add_date("t", wall_ms).add("c", true).open_array("s").close();
  return transaction.put(kSessions, retry_key(lsid), out.take());
}

std::size_t expire_retry_records(commit::Transaction& transaction, std::int64_t before_ms,
                                 std::size_t count_max) {
  std::vector<std::string> expired;
  const std::string first(1, kRetryKey);
  const std::string end(1, kRetryKey + 1);
  const auto scan = transaction.scan(kSessions, {first, end}, storage::Direction::Forward);
  for (; scan->valid() && expired.size() < count_max; scan->next()) {
    if (bson::View(scan->value())["t"].as_date_ms() >= before_ms) continue;
    expired.emplace_back(scan->key());
  }
  std::size_t erased = 0;
  for (std::string& key : expired) {
    // One that is in use just now is no longer idle.
    if (transaction.erase(kSessions, std::move(key)) == commit::HoldOutcome::Held) ++erased;
  }
  return erased;
}

}  // namespace freshet::collection

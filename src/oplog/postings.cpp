// SPDX-License-Identifier: Apache-2.0
// Key: segment, scope, block, 8 bytes big-endian each. A block is named by the position of its
// first entry, a segment by that of its first block. Scope 0 lists every block of a segment, with
// what had been written before it as value (entries, bytes); scope 1 those with commands; a
// namespace's or database's scope is the hash of its name, and a collision only makes somebody look
// at a block in vain. Never change the hash in place.
#include "oplog/postings.h"

#include <algorithm>

#include "base/bytes.h"
#include "oplog/apply_ops.h"
#include "oplog/entry.h"
#include "oplog/posting_keys.h"

namespace freshet::oplog {
namespace {

using storage::Direction;

constexpr std::uint64_t kFirstHash = 2;

/// FNV-1a over a tag and a name.
PostingScope hashed_scope(char tag, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](char c) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  };
  add(tag);
  for (const char c : name)
    add(c);
  return PostingScope{std::max(hash, kFirstHash)};
}

std::uint64_t end_of_block(const storage::Reader& reader, std::uint64_t segment,
                           std::uint64_t block) {
  const std::uint64_t seen = reader.position().value() + 1;
  if (const auto next = block_from(reader, segment, kBlockList, block + 1)) {
    return std::min(*next, seen);
  }
  if (const auto next = first_segment_from(reader, segment + 1)) return std::min(*next, seen);
  return seen;
}

std::optional<std::uint64_t> first_posted_block(const storage::Reader& reader,
                                                std::uint64_t segment,
                                                const std::vector<PostingScope>& scopes,
                                                std::uint64_t block) {
  std::optional<std::uint64_t> first;
  for (const PostingScope scope : scopes) {
    const auto found = block_from(reader, segment, scope, block);
    if (found && (!first || *found < *first)) first = found;
  }
  return first;
}

}  // namespace

std::string posting_key(std::uint64_t segment, PostingScope scope, std::uint64_t block) {
  std::string key;
  append_be64(key, segment);
  append_be64(key, static_cast<std::uint64_t>(scope));
  append_be64(key, block);
  return key;
}

std::uint64_t segment_of(std::string_view key) {
  return load_be64(key.data());
}
std::uint64_t block_of(std::string_view key) {
  return load_be64(key.data() + 16);
}

/// The segment that `position` lies in; nothing when it lies before all of them.
std::optional<std::uint64_t> segment_holding(const storage::Reader& reader,
                                             std::uint64_t position) {
  const auto scan =
      reader.scan(kPostings, {{}, posting_key(position, PostingScope{kLastKeyPart}, kLastKeyPart)},
                  Direction::Backward);
  if (!scan->valid()) return std::nullopt;
  return segment_of(scan->key());
}

std::optional<std::uint64_t> first_segment_from(const storage::Reader& reader,
                                                std::uint64_t position) {
  const auto scan =
      reader.scan(kPostings, {posting_key(position, kBlockList, 0), {}}, Direction::Forward);
  if (!scan->valid()) return std::nullopt;
  return segment_of(scan->key());
}

/// The first block >= `block` of this scope in the segment.
std::optional<std::uint64_t> block_from(const storage::Reader& reader, std::uint64_t segment,
                                        PostingScope scope, std::uint64_t block) {
  const auto scan = reader.scan(
      kPostings, {posting_key(segment, scope, block), posting_key(segment, scope, kLastKeyPart)},
      Direction::Forward);
  if (!scan->valid()) return std::nullopt;
  return block_of(scan->key());
}

/// The block of the segment that `position` lies in. Requires: segment <= position.
std::uint64_t block_holding(const storage::Reader& reader, std::uint64_t segment,
                            std::uint64_t position) {
  const auto scan = reader.scan(
      kPostings,
      {posting_key(segment, kBlockList, 0), posting_key(segment, kBlockList, position + 1)},
      Direction::Backward);
  return scan->valid() ? block_of(scan->key()) : segment;
}

PostingScope posting_scope_of_collection(std::string_view ns) {
  return hashed_scope('c', ns);
}

PostingScope posting_scope_of_database(std::string_view db) {
  return hashed_scope('d', db);
}

PostingWriter::PostingWriter(storage::Store& store) {
  publish(totals_up_to(store, store.last_position()).value_or(LogTotals{}));
  before_group_ = counted_;
}

void PostingWriter::publish(const LogTotals& totals) {
  counted_ = totals;
  entries_ = totals.entries;
  bytes_ = totals.bytes;
}

void PostingWriter::prepare(storage::CommitGroup& group) {
  before_group_ = counted_;
  for (const storage::LogRecordPtr& record : group.log) {
    const bool full = counted_.entries - at_block_.entries >= kBlockEntries ||
                      counted_.bytes - at_block_.bytes >= kBlockBytes;
    if (block_ == 0 || full) start_block(group, record->position.value());
    counted_.add(record->bytes);
    post_entry(group, record->bytes);
  }
  publish(counted_);
}

// Whatever was posted is not stored: a new segment makes no use of it.
void PostingWriter::refused() {
  segment_ = 0;
  block_ = 0;
  publish(before_group_);
}

void PostingWriter::start_block(storage::CommitGroup& group, std::uint64_t position) {
  if (segment_ == 0 || blocks_ >= kSegmentBlocks) {
    segment_ = position;
    blocks_ = 0;
  }
  ++blocks_;
  block_ = position;
  at_block_ = counted_;
  posted_.clear();
  last_ns_.clear();
  group.changes.push_back({storage::Change::Kind::Put, kPostings,
                           posting_key(segment_, kBlockList, block_), totals_value(counted_)});
}

void PostingWriter::post(storage::CommitGroup& group, PostingScope scope) {
  if (!posted_.insert(static_cast<std::uint64_t>(scope)).second) return;
  group.changes.push_back(
      {storage::Change::Kind::Put, kPostings, posting_key(segment_, scope, block_), {}});
}

void PostingWriter::post_entry(storage::CommitGroup& group, std::string_view entry) {
  const OpKind kind = entry_kind(entry);
  if (kind == OpKind::Noop) return;
  if (kind == OpKind::Command) {
    post_command(group, entry);
    return;
  }
  post_namespace(group, entry_ns(entry));
}

// A transaction concerns those whose documents it writes, and nobody else; its last entry everybody
// whom any of its entries concerned.
void PostingWriter::post_command(storage::CommitGroup& group, std::string_view bytes) {
  const EntryView entry = EntryView::parse(bytes);
  if (!is_apply_ops(entry)) {
    post(group, kCommandPostings);
    return;
  }
  OperationReader operations(entry);
  while (const auto operation = operations.next()) {
    if (operation->kind == OpKind::Command) {
      post(group, kCommandPostings);
    } else {
      post_namespace(group, operation->ns);
    }
  }
  for (const std::string_view ns : touched_namespaces(entry))
    post_namespace(group, ns);
}

void PostingWriter::post_namespace(storage::CommitGroup& group, std::string_view ns) {
  if (ns == last_ns_) return;
  last_ns_ = ns;
  post(group, posting_scope_of_collection(ns));
  post(group, posting_scope_of_database(ns.substr(0, ns.find('.'))));
}

std::optional<LogStretch> next_stretch(const storage::Reader& reader,
                                       const std::vector<PostingScope>& scopes,
                                       std::uint64_t from) {
  std::optional<std::uint64_t> segment = segment_holding(reader, from);
  std::uint64_t block = 0;
  if (segment) {
    block = block_holding(reader, *segment, from);
  } else {
    segment = first_segment_from(reader, 0);
    // What lies before all postings has none: it is read as it is.
    const std::uint64_t seen = reader.position().value() + 1;
    if (!segment) return from < seen ? std::optional(LogStretch{from, seen}) : std::nullopt;
    return LogStretch{from, *segment};
  }
  while (segment) {
    if (const auto found = first_posted_block(reader, *segment, scopes, block)) {
      const LogStretch stretch{std::max(*found, from), end_of_block(reader, *segment, *found)};
      if (stretch.from < stretch.end) return stretch;
      block = *found + 1;
      continue;
    }
    segment = first_segment_from(reader, *segment + 1);
    block = segment.value_or(0);
  }
  return std::nullopt;
}

void drop_postings_before(storage::Store& store, storage::Position position) {
  const auto snapshot = store.snapshot();
  const auto segment = segment_holding(*snapshot, position.value());
  if (!segment) return;
  const auto first = first_segment_from(*snapshot, 0);
  if (!first || *first >= *segment) return;
  store.drop_range(kPostings, {{}, posting_key(*segment, kBlockList, 0)});
}

}  // namespace freshet::oplog

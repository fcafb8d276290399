// SPDX-License-Identifier: Apache-2.0
// Postings: which blocks of the log hold entries of which namespace, so that reading an old stretch
// of the log for one collection costs what its own entries cost. docs/formats/postings.md describes
// the bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "oplog/log_totals.h"
#include "storage/commit/commit_layer.h"
#include "storage/store.h"

namespace freshet::oplog {

/// What a posting is for: a namespace, a database, all commands, or the list of blocks.
enum class PostingScope : std::uint64_t {};

PostingScope posting_scope_of_collection(std::string_view ns);
PostingScope posting_scope_of_database(std::string_view db);
/// Commands are few and may concern anybody: every reader looks at them.
inline constexpr PostingScope kCommandPostings{1};

/// Adds to each group the postings of its entries. Installed as the commit layer's observer; used
/// by the sequencer alone, but for totals().
class PostingWriter final : public commit::GroupObserver {
 public:
  static constexpr std::size_t kBlockEntries = 1'024;
  static constexpr std::size_t kBlockBytes = std::size_t{4} << 20;
  static constexpr std::size_t kSegmentBlocks = 1'024;

  /// Goes on counting where the log in `store` ends.
  explicit PostingWriter(storage::Store& store);

  void prepare(storage::CommitGroup& group) override;
  void refused() override;

  /// Everything that was written. For any thread.
  LogTotals totals() const { return {entries_.load(), bytes_.load()}; }

 private:
  void start_block(storage::CommitGroup& group, std::uint64_t position);
  void publish(const LogTotals& totals);
  void post(storage::CommitGroup& group, PostingScope scope);
  void post_entry(storage::CommitGroup& group, std::string_view entry);
  void post_command(storage::CommitGroup& group, std::string_view bytes);
  void post_namespace(storage::CommitGroup& group, std::string_view ns);

  std::uint64_t segment_ = 0;  // 0: the next entry begins one
  std::uint64_t block_ = 0;
  std::size_t blocks_ = 0;  // in the segment
  LogTotals counted_;       // up to the group under way
  LogTotals before_group_;  // what to go back to when it is refused
  LogTotals at_block_;      // where the block began
  std::atomic<std::uint64_t> entries_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::unordered_set<std::uint64_t> posted_;
  std::string last_ns_;  // posted in this block already
};

/// A stretch of the log that may hold entries of some scopes: from <= position < end.
struct LogStretch {
  std::uint64_t from;
  std::uint64_t end;
};

/// The first stretch at or behind `from` whose block has a posting of one of `scopes`; nothing when
/// none has, as far as `reader` sees. A stretch ends with its block, and behind what the reader
/// sees.
std::optional<LogStretch> next_stretch(const storage::Reader& reader,
                                       const std::vector<PostingScope>& scopes, std::uint64_t from);

/// Drops the postings of segments that lie wholly below `position`.
void drop_postings_before(storage::Store& store, storage::Position position);

}  // namespace freshet::oplog

// SPDX-License-Identifier: Apache-2.0
#include "storage/meta.h"

#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace freshet::storage {
namespace {

constexpr Space kMeta{SpaceKind::Meta, 0};
constexpr std::size_t kHistoryBytes = 16;

std::string read(const Reader& reader, std::string_view key, std::size_t size) {
  auto value = reader.get(kMeta, key);
  if (!value || value->size() != size) {
    raise(ErrorCode::OperationFailed, "the store's own record '{}' is damaged or missing", key);
  }
  return *std::move(value);
}

Change put(std::string key, std::string value) {
  return {Change::Kind::Put, kMeta, std::move(key), std::move(value)};
}

ApplyOutcome apply(Store& store, std::vector<Change> changes) {
  CommitGroup group;
  group.changes = std::move(changes);
  group.position = store.last_position();
  group.sequence = store.last_sequence() + 1;
  return store.apply(group);
}

}  // namespace

std::optional<Identity> read_identity(const Reader& reader) {
  if (!reader.get(kMeta, "format")) return std::nullopt;
  Identity identity;
  identity.format_version = load_be32(read(reader, "format", 4).data());
  if (identity.format_version > kFormatVersion) {
    raise(ErrorCode::IncompatibleServerVersion,
          "the data directory is of format {}, and this version reads formats up to {}; start a "
          "newer version",
          identity.format_version, kFormatVersion);
  }
  identity.history_id = read(reader, "history", kHistoryBytes);
  identity.term = load_be64(read(reader, "term", 8).data());
  identity.clean = read(reader, "clean", 1) == "\1";
  return identity;
}

Identity begin_run(Store& store, Random& random) {
  std::vector<Change> changes;
  std::optional<Identity> found = read_identity(*store.snapshot());
  if (!found) {
    found.emplace();
    found->clean = true;
    found->history_id = random.bytes(kHistoryBytes);
    std::string format;
    append_be32(format, kFormatVersion);
    changes.push_back(put("format", std::move(format)));
    changes.push_back(put("history", found->history_id));
  }
  ++found->term;
  changes.push_back(term_change(found->term));
  changes.push_back(put("clean", std::string(1, '\0')));
  const ApplyOutcome outcome = apply(store, std::move(changes));
  if (outcome == ApplyOutcome::NoSpace) {
    raise(ErrorCode::OutOfDiskSpace,
          "cannot write to the data directory: less disk space is free than the reserve");
  }
  if (outcome != ApplyOutcome::Applied || store.sync() != SyncOutcome::Durable) {
    raise(ErrorCode::OperationFailed, "cannot write to the store");
  }
  return *std::move(found);
}

Change term_change(std::uint64_t term) {
  std::string value;
  append_be64(value, term);
  return put("term", std::move(value));
}

bool end_run(Store& store) {
  std::vector<Change> changes;
  changes.push_back(put("clean", std::string(1, '\1')));
  return apply(store, std::move(changes)) == ApplyOutcome::Applied &&
         store.sync() == SyncOutcome::Durable;
}

}  // namespace freshet::storage

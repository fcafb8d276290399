// SPDX-License-Identifier: Apache-2.0
// Finding segments and blocks among the postings; the keys are described in
// docs/formats/postings.md. For postings and log totals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oplog/postings.h"
#include "storage/store.h"

namespace freshet::oplog {

inline constexpr storage::Space kPostings{storage::SpaceKind::Postings};
/// The scope under which every block of a segment is listed.
inline constexpr PostingScope kBlockList{0};
inline constexpr std::uint64_t kLastKeyPart = ~std::uint64_t{0};

std::string posting_key(std::uint64_t segment, PostingScope scope, std::uint64_t block);
/// Requires: a whole posting key.
std::uint64_t segment_of(std::string_view key);
std::uint64_t block_of(std::string_view key);

/// The segment that `position` lies in; nothing when it lies before all of them.
std::optional<std::uint64_t> segment_holding(const storage::Reader& reader, std::uint64_t position);
/// The first segment at or behind `position`.
std::optional<std::uint64_t> first_segment_from(const storage::Reader& reader,
                                                std::uint64_t position);
/// The first block >= `block` of this scope in the segment.
std::optional<std::uint64_t> block_from(const storage::Reader& reader, std::uint64_t segment,
                                        PostingScope scope, std::uint64_t block);
/// The block of the segment that `position` lies in. Requires: segment <= position.
std::uint64_t block_holding(const storage::Reader& reader, std::uint64_t segment,
                            std::uint64_t position);

}  // namespace freshet::oplog

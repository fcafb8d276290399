// SPDX-License-Identifier: Apache-2.0
// What is known of a document besides its fields, and {$meta: …} asks for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bson/value.h"
#include "bson/view.h"

namespace freshet::query {

/// One for each plan. Whoever gives a document sets it; what stands behind reads it before the next
/// document is asked for. Which of it there is and who wants it is known when the plan is parsed,
/// in the order of its stages.
class DocumentMetadata {
 public:
  enum class Kind : std::uint8_t { TextScore, GeoNearDistance, GeoNearPoint, IndexKey };
  static constexpr std::size_t kKinds = 4;

  /// The kind that $meta calls by this name.
  static std::optional<Kind> find(std::string_view name);

  /// While parsing: the source gives it.
  void offer(Kind kind) { offered_[index(kind)] = true; }
  bool offers(Kind kind) const { return offered_[index(kind)]; }
  /// While parsing: from here on there is none.
  void withdraw() { offered_ = {}; }
  /// While parsing: somebody reads it. Throws Location40218 when it is not offered.
  void want(Kind kind);
  bool wants(Kind kind) const { return wanted_[index(kind)]; }
  bool wants_any() const;

  void set(Kind kind, bson::Value value) { values_[index(kind)] = std::move(value); }
  const bson::Value& get(Kind kind) const { return values_[index(kind)]; }

  /// All values as BSON, to be kept with a document, and back again.
  std::string pack() const;
  void unpack(bson::View packed);

 private:
  friend class SameOffer;
  static std::size_t index(Kind kind) { return static_cast<std::size_t>(kind); }

  std::array<bool, kKinds> offered_{};
  std::array<bool, kKinds> wanted_{};
  std::array<bson::Value, kKinds> values_;
};

/// For what reads {$meta: kind}. Throws Location40218 when it is not offered, or nothing is (null).
void want_metadata(DocumentMetadata* metadata, DocumentMetadata::Kind kind);
[[noreturn]] void refuse_metadata(std::string_view name);

/// What is parsed in its lifetime changes nothing of what is offered to others: one pipeline of
/// several over the same documents.
class SameOffer {
 public:
  explicit SameOffer(DocumentMetadata* metadata);
  ~SameOffer();
  SameOffer(const SameOffer&) = delete;
  SameOffer& operator=(const SameOffer&) = delete;

 private:
  DocumentMetadata* metadata_;
  std::array<bool, DocumentMetadata::kKinds> offered_{};
};

}  // namespace freshet::query

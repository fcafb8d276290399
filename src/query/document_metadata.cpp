// SPDX-License-Identifier: Apache-2.0
#include "query/document_metadata.h"

#include <algorithm>

#include "base/error.h"
#include "bson/builder.h"

namespace freshet::query {
namespace {

/// In the order of DocumentMetadata::Kind.
constexpr std::string_view kNames[] = {"textScore", "geoNearDistance", "geoNearPoint", "indexKey"};

}  // namespace

std::optional<DocumentMetadata::Kind> DocumentMetadata::find(std::string_view name) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Kind>(found - std::begin(kNames));
}

void DocumentMetadata::want(Kind kind) {
  if (!offered_[index(kind)]) refuse_metadata(kNames[index(kind)]);
  wanted_[index(kind)] = true;
}

bool DocumentMetadata::wants_any() const {
  return std::find(wanted_.begin(), wanted_.end(), true) != wanted_.end();
}

std::string DocumentMetadata::pack() const {
  bson::Builder out;
  for (std::size_t i = 0; i < kKinds; ++i) {
    if (wanted_[i]) out.add(kNames[i], values_[i]);
  }
  return out.take();
}

void DocumentMetadata::unpack(bson::View packed) {
  for (std::size_t i = 0; i < kKinds; ++i) {
    if (wanted_[i]) values_[i] = bson::Value::copy(packed[kNames[i]]);
  }
}

SameOffer::SameOffer(DocumentMetadata* metadata) : metadata_(metadata) {
  if (metadata_ != nullptr) offered_ = metadata_->offered_;
}

SameOffer::~SameOffer() {
  if (metadata_ != nullptr) metadata_->offered_ = offered_;
}

void want_metadata(DocumentMetadata* metadata, DocumentMetadata::Kind kind) {
  if (metadata == nullptr) refuse_metadata(kNames[static_cast<std::size_t>(kind)]);
  metadata->want(kind);
}

void refuse_metadata(std::string_view name) {
  raise(location(40218), "query requires {} metadata, but it is not available", name);
}

}  // namespace freshet::query

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/kept_metadata.h"

#include <string_view>

#include "bson/builder.h"

namespace freshet::pipeline {
namespace {

constexpr std::string_view kMetadata = "m";
constexpr std::string_view kDocument = "d";

}  // namespace

bson::View KeptMetadata::pack(bson::View document) {
  if (!needed()) return document;
  const std::string metadata = metadata_->pack();
  bson::Builder out;
  out.add(kMetadata, bson::View(metadata)).add(kDocument, document);
  packed_ = out.take();
  return bson::View(packed_);
}

bson::View KeptMetadata::unpack(bson::View held) const {
  if (!needed()) return held;
  metadata_->unpack(held[kMetadata].as_document());
  return held[kDocument].as_document();
}

}  // namespace freshet::pipeline

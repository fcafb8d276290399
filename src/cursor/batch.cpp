// SPDX-License-Identifier: Apache-2.0
#include "cursor/batch.h"

namespace freshet::cursor {
namespace {

constexpr std::size_t kSizeBytes = 4;  // a document's first bytes, its size

/// A batch that became this large takes the room of a whole one at once: a buffer that doubles
/// again and again copies all it holds, each time into pages that were never touched.
constexpr std::size_t kLargeBytes = std::size_t{256} << 10;

}  // namespace

bool Batch::offer(bson::View document) {
  if (count_ >= limits_.count_max) return false;
  const std::size_t size = document.size_bytes();
  if (!fits(size)) return false;
  out_.push(document);
  note(size);
  return true;
}

bson::Builder& Batch::begin() {
  before_ = out_.mark();
  out_.push_document();
  begun_at_ = out_.size_bytes() - kSizeBytes;
  return out_;
}

bson::View Batch::end() {
  out_.close();
  return bson::View(out_.bytes().substr(begun_at_));
}

bool Batch::keep() {
  const std::size_t size = out_.size_bytes() - begun_at_;
  if (count_ >= limits_.count_max || !fits(size)) {
    drop();
    return false;
  }
  note(size);
  return true;
}

void Batch::note(std::size_t size) {
  ++count_;
  bytes_ += size;
  if (roomy_ || bytes_ < kLargeBytes || bytes_ >= limits_.bytes_max) return;
  roomy_ = true;
  const std::size_t more = limits_.bytes_max - bytes_;
  out_.reserve(more + more / 8);  // the names of the elements, 0 1 2 …, and what ends the reply
}

}  // namespace freshet::cursor

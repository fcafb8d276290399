// SPDX-License-Identifier: Apache-2.0
#include "cursor/batch.h"

namespace freshet::cursor {

bool Batch::offer(bson::View document) {
  if (count_ >= limits_.count_max) return false;
  const std::size_t size = document.size_bytes();
  if (count_ > 0 && bytes_ + size > limits_.bytes_max) return false;
  out_.push(document);
  ++count_;
  bytes_ += size;
  return true;
}

}  // namespace freshet::cursor

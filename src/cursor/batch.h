// SPDX-License-Identifier: Apache-2.0
// The documents of one reply: appended to the array that the command opened, within the limits the
// client and the protocol set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "bson/builder.h"
#include "stream/event_sink.h"

namespace freshet::cursor {

/// Documents in the first batch of a find or aggregate that names no size.
inline constexpr std::int64_t kFirstBatchCount = 101;

struct BatchLimits {
  /// Most documents; zero asks for an empty batch.
  std::int64_t count_max = std::numeric_limits<std::int64_t>::max();
  /// Most bytes of documents; one larger document alone is sent all the same.
  std::size_t bytes_max = std::size_t{16} << 20;
};

/// Not thread-safe.
class Batch final : public stream::EventSink {
 public:
  /// `out` has an open array to which documents are pushed; it must outlive the batch.
  Batch(bson::Builder& out, const BatchLimits& limits) : out_(out), limits_(limits) {}

  bool full() const override { return count_ >= limits_.count_max || bytes_ >= limits_.bytes_max; }
  [[nodiscard]] bool offer(bson::View document) override;
  bson::Builder& begin() override;
  bson::View end() override;
  [[nodiscard]] bool keep() override;
  void drop() override { out_.rollback_to(before_); }

  std::int64_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return count_ == 0; }

 private:
  bool fits(std::size_t size) const { return count_ == 0 || bytes_ + size <= limits_.bytes_max; }
  void note(std::size_t size);

  bson::Builder& out_;
  BatchLimits limits_;
  bson::Builder::Mark before_{};  // the document that was begun
  std::size_t begun_at_ = 0;      // its first byte
  bool roomy_ = false;
  std::int64_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace freshet::cursor

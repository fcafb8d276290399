// SPDX-License-Identifier: Apache-2.0
// An insert that is built once and then only changed in place, so that the load costs little beside
// what it measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workload/run.h"

namespace freshet::workload {

/// The document's time of sending, in seconds of the steady clock; latency reads it in the event.
inline constexpr std::string_view kSentField = "t";
/// What the fan-outs select by.
inline constexpr std::string_view kKeyField = "k";

/// `documents` of about Options::document_bytes: {_id: ObjectId, k: int32, t: double, s: text}.
class InsertMessage {
 public:
  InsertMessage(Run& run, std::string_view collection, std::int64_t documents);

  std::size_t count() const { return documents_.size(); }
  /// Gives document `i` an ObjectId of its own, and these values.
  void set(std::size_t i, std::int32_t key, double sent);
  /// Gives the command the next transaction number, when sessions are asked for.
  void next_transaction();
  /// Requires: the name is as long as the one it was made with.
  void set_collection(std::string_view name);

  const std::string& bytes() const { return bytes_; }

 private:
  Run& run_;
  std::string bytes_;
  std::vector<std::size_t> documents_;  // where each begins
  std::size_t collection_ = 0;
  std::size_t transaction_ = 0;  // where its number lies; 0: there is none
  std::int64_t transaction_number_ = 0;
  std::size_t id_ = 0, key_ = 0, sent_ = 0;  // of the values within a document
};

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
// Whatever arrives, decoding ends in an outcome; what it lets through can be walked and survives a
// copy.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/limits.h"
#include "bson/compare.h"
#include "wire/message.h"

namespace {

using freshet::wire::DecodeOutcome;

void check(bool good) {
  if (!good) std::abort();
}

void walk(freshet::wire::Message& message) {
  std::size_t sum = 0;
  for (const auto& element : message.body)
    sum += freshet::bson::hash(element);
  for (const auto& sequence : message.sequences) {
    for (const auto& document : sequence.documents)
      sum += document.count() + sequence.identifier.size();
  }
  (void)sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  freshet::Limits limits;
  limits.message_bytes_max =
      1 << 20;  // what a message claims to unpack to is cleared first: keep that cheap
  std::string input(reinterpret_cast<const char*>(data), size);
  // The length is right more often than chance would have it.
  if (size >= freshet::wire::kHeaderBytes && (data[size - 1] & 1) != 0) {
    freshet::store_le(input.data(), static_cast<std::int32_t>(size));
  }
  auto result = freshet::wire::decode(input, limits);
  if (result.outcome == DecodeOutcome::Incomplete) {
    check(result.bytes_needed > size);
    return 0;
  }
  if (result.outcome == DecodeOutcome::Malformed) {
    check(result.problem != nullptr && result.code != freshet::ErrorCode::OK);
    return 0;
  }
  check(result.bytes_used <= size);
  walk(result.message);
  result.message.make_owned();
  input.assign(input.size(), 'x');
  walk(result.message);
  return 0;
}

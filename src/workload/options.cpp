// SPDX-License-Identifier: Apache-2.0
#include "workload/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "workload/address.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

void check_range(std::string_view name, std::int64_t value, std::int64_t min, std::int64_t max) {
  if (value >= min && value <= max) return;
  raise(ErrorCode::InvalidOptions, "expected a whole number from {} to {} in '{}', found {}", min,
        max, name, value);
}

}  // namespace

void check(const Options& options) {
  for (const std::string& name : options.workloads) {
    if (find_workload(name) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const Workload& workload : workload_table())
      known.push_back(workload.name);
    raise(ErrorCode::InvalidOptions, "unknown workload '{}'; there are {}", name,
          fmt::join(known, ", "));
  }
  static_cast<void>(parse_uri(options.uri));
  if (options.count) check_range("--count", *options.count, 1, kCountMax);
  check_range("--connections", options.connections, 1, kConnectionsMax);
  check_range("--streams", options.streams, 0, kStreamsMax);
  check_range("--batch", options.batch, 1, kBatchMax);
  check_range("--size", options.document_bytes, kDocumentBytesMin, kDocumentBytesMax);
  check_range("--collections", options.collections, 1, kCollectionsMax);
  check_range("--wait", options.wait_ms, 1, kWaitMaxMs);
  check_range("--time-limit", options.time_limit_s, 1, kTimeLimitMaxS);
  if (options.batch * options.document_bytes > kBatchBytesMax) {
    raise(ErrorCode::InvalidOptions, "'--batch' times '--size' is {} bytes, more than {}",
          options.batch * options.document_bytes, kBatchBytesMax);
  }
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
#include "storage/rocksdb/status.h"

#include "base/error.h"

namespace freshet::rocks {

using storage::ApplyOutcome;

bool is_no_space(const rocksdb::Status& status) {
  return status.IsNoSpace() || status.subcode() == rocksdb::Status::SubCode::kSpaceLimit;
}

void check(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return;
  if (is_no_space(status)) {
    raise(ErrorCode::OutOfDiskSpace, "cannot {}: no space left on the device", doing);
  }
  if (status.IsCorruption()) {
    raise(ErrorCode::OperationFailed, "cannot {}: stored data is damaged: {}", doing,
          status.ToString());
  }
  raise(ErrorCode::OperationFailed, "cannot {}: {}", doing, status.ToString());
}

ApplyOutcome outcome_of_failed_write(const rocksdb::Status& status, bool log_failed) {
  // A full disk that stopped a flush in the background leaves the log whole: RocksDB goes on by
  // itself when there is space. A failed write of the log itself does not heal.
  return is_no_space(status) && !log_failed ? ApplyOutcome::NoSpace : ApplyOutcome::Failed;
}

}  // namespace freshet::rocks

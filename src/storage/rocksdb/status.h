// SPDX-License-Identifier: Apache-2.0
// What RocksDB's statuses mean here. The one place that looks into them.
#pragma once

#include <rocksdb/status.h>

#include <string_view>

#include "storage/store.h"

namespace freshet::rocks {

/// Throws Error (OperationFailed; OutOfDiskSpace when the disk is full) unless `status` is OK.
/// `doing` completes "cannot …".
void check(const rocksdb::Status& status, std::string_view doing);

/// What a failed write of a group was. Requires: !status.ok().
storage::ApplyOutcome outcome_of_failed_write(const rocksdb::Status& status, bool log_failed);

bool is_no_space(const rocksdb::Status& status);

}  // namespace freshet::rocks

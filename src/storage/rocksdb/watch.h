// SPDX-License-Identifier: Apache-2.0
// What RocksDB tells of itself: its messages go to our log, its failures in the background are
// remembered for the next write.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <memory>

namespace freshet {
class Logger;
}

namespace freshet::rocks {

/// Set by RocksDB's threads, read by ours.
struct Condition {
  std::atomic<bool> log_failed{false};  ///< the write-ahead log; for good
  std::atomic<bool> background{false};  ///< something else, perhaps until there is space
};

/// Both borrow `logger`. The condition is shared with RocksDB's threads.
std::shared_ptr<rocksdb::EventListener> watch_errors(std::shared_ptr<Condition> condition,
                                                     Logger& logger);
std::shared_ptr<rocksdb::Logger> forward_messages(Logger& logger);

}  // namespace freshet::rocks

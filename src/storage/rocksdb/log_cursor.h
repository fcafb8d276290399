// SPDX-License-Identifier: Apache-2.0
// Reading the log column. Only for the .cpp files of this folder.
#pragma once

#include <cstddef>
#include <memory>

#include "storage/rocksdb/engine.h"
#include "storage/store.h"

namespace freshet::rocks {

/// What cursors ask of the store that made them, which outlives them.
class LogEnds {
 public:
  virtual ~LogEnds() = default;
  virtual storage::Position log_end() const = 0;    ///< of the last record applied
  virtual storage::Position log_floor() const = 0;  ///< nothing is read below: it was dropped
};

std::unique_ptr<storage::LogCursor> read_forward(const Engine& engine, const LogEnds& ends,
                                                 storage::Position after);
storage::LogRun read_run(const Engine& engine, const LogEnds& ends, storage::Position after,
                         storage::Position up_to, std::size_t bytes_max);
std::unique_ptr<storage::LogCursor> read_backward(const Engine& engine, const LogEnds& ends,
                                                  storage::Position before);

}  // namespace freshet::rocks

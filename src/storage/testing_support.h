// SPDX-License-Identifier: Apache-2.0
// Small things that storage tests need.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"

namespace freshet::storage {

/// A directory of its own, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    path_ = (std::filesystem::temp_directory_path() / "freshet-test-XXXXXX").string();
    invariant(::mkdtemp(path_.data()) != nullptr, "a temporary directory can be made");
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A logger that writes nowhere.
struct QuietLog {
  SystemClock clock;
  Logger logger{clock, {.target = LogOptions::Target::Nowhere}};
};

}  // namespace freshet::storage

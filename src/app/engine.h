// SPDX-License-Identifier: Apache-2.0
// The one place that names engines: which store, opened how.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/options.h"
#include "storage/commit/durable_mark.h"
#include "storage/store.h"

namespace freshet {
class Logger;
}

namespace freshet::app {

/// The file in a data directory that says how far the data is known to be durable.
std::string durable_mark_path(const std::string& data_directory);

/// The file in a data directory that says how far commits were applied on this boot.
std::string applied_mark_path(const std::string& data_directory);

/// Throws Error when the data of a directory, which goes up to `extent`, ends below one of its
/// marks. Gives how far it had gone before the machine went down, when that was further.
std::optional<commit::Extent> check_marks(const std::string& data_directory,
                                          const commit::Extent& extent);

/// Opens the store that the options ask for. Throws Error when it cannot be used: in use, not
/// writable, full, damaged, or ending below one of its marks.
std::unique_ptr<storage::Store> open_store(const ServeOptions& options, Logger& logger);

/// Told how far the data of a directory goes, before anything in it is changed; throws to refuse.
using CheckExtent = std::function<void(const commit::Extent&)>;

/// Opens the store in a data directory that must exist already. Throws Error.
std::unique_ptr<storage::Store> open_existing_store(const std::string& data_directory,
                                                    CheckExtent check, Logger& logger);

}  // namespace freshet::app

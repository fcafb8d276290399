// SPDX-License-Identifier: Apache-2.0
// `freshet backup` and `freshet repair`.
#pragma once

#include "app/exit_code.h"
#include "app/options.h"

namespace freshet::app {

/// Copies the data of a running server (by its command freshetBackup) or of a directory that no
/// server uses. Says on standard output where the copy lies. Throws Error when it cannot.
ExitCode backup(const BackupOptions& options);

/// Compares the end of the data with the durable mark. When the data ends below it, says what is
/// lost; with accept_loss the mark is set to what is there, so that the server starts again.
/// Throws Error when the data cannot be opened at all.
ExitCode repair(const RepairOptions& options);

}  // namespace freshet::app

// SPDX-License-Identifier: Apache-2.0
// `freshet serve`: builds everything, runs until a signal, takes it down in order.
#pragma once

#include "app/exit_code.h"
#include "app/options.h"

namespace freshet::app {

/// Returns when the server has ended. Errors at start are said on standard error and in the log.
ExitCode serve(ServeOptions options);

}  // namespace freshet::app

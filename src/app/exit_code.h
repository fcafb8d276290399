// SPDX-License-Identifier: Apache-2.0
// With what the process ends. Scripts and service managers read these: never renumber.
#pragma once

namespace freshet::app {

enum class ExitCode : int {
  Ok = 0,
  Failed = 1,         ///< anything that has no code of its own
  Usage = 2,          ///< command line or configuration file
  EngineFailed = 14,  ///< the storage failed while serving; nothing unacknowledged was acknowledged
  Network = 48,       ///< port in use, address not available
  Storage = 100,      ///< data directory in use, not writable, full, newer, incomplete or damaged
};

}  // namespace freshet::app

// SPDX-License-Identifier: Apache-2.0
// What the process was asked to do: the result of command line and configuration file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "server/tls_options.h"
#include "workload/address.h"

namespace freshet::app {

inline constexpr std::uint16_t kDefaultPort = 27017;
inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::string_view kTransactionLifetime = "transactionLifetimeLimitSeconds";
inline constexpr std::int64_t kTransactionLifetimeMinS = 1;
inline constexpr std::int64_t kTransactionLifetimeMaxS = 86'400;

/// `freshet serve`. The defaults are what a start without options uses.
struct ServeOptions {
  bool memory = false;                      ///< nothing is kept; data_directory is not used
  std::string data_directory = "/data/db";  ///< --dbpath
  std::vector<std::string> bind_addresses = {"localhost"};
  std::uint16_t port = kDefaultPort;  ///< 0: a free one
  std::string set_name = "rs0";       ///< --replSet
  std::string advertise;              ///< host:port told to clients; empty: found out
  server::TlsOptions tls;

  std::int64_t history_ms = 24 * kHourMs;  ///< how long events can be resumed; 0: no limit
  std::uint64_t history_bytes = std::uint64_t{20} << 30;  ///< and how many bytes of them; 0: any

  bool keep_images = false;  ///< pre-images of every collection

  std::string log_path;     ///< empty: standard error
  bool log_append = false;  ///< else a log that is there is moved aside first
  Severity log_level = Severity::Info;
  std::string pid_path;  ///< empty: none is written

  std::int64_t ttl_interval_s = 60;          ///< setParameter ttlMonitorSleepSecs
  bool test_commands = false;                ///< setParameter enableTestCommands
  std::int64_t transaction_lifetime_s = 60;  ///< setParameter transactionLifetimeLimitSeconds
  Limits limits;
  std::vector<std::string> arguments;  ///< argv as given
};

/// `freshet backup DIR`: of the running `server`, or of a directory that no server uses.
struct BackupOptions {
  std::string target;
  std::string data_directory;  ///< not empty: offline
  workload::ServerAddress server;
};

/// `freshet repair --dbpath DIR`
struct RepairOptions {
  std::string data_directory;
  bool accept_loss = false;  ///< go on though acknowledged writes are missing
};

}  // namespace freshet::app

// SPDX-License-Identifier: Apache-2.0
#include "app/setters.h"

#include <optional>
#include <vector>

#include "app/quantity.h"
#include "base/error.h"

namespace freshet::app {
namespace {

// mongod's names for limits that Freshet calls otherwise.
struct Synonym {
  std::string_view name;
  std::string_view limit;
  std::int64_t unit;  // of the value given, in those of the limit
};
constexpr Synonym kSynonyms[] = {
    {"cursorTimeoutMillis", "cursorIdleMsMax", 1},
    {"localLogicalSessionTimeoutMinutes", "sessionIdleMsMax", 60'000},
    {"maxSessions", "sessionsMax", 1},
    {"minSnapshotHistoryWindowInSeconds", "snapshotWindowMsMax", 1'000},
};

std::int64_t integer(std::string_view where, std::string_view text, std::int64_t min,
                     std::int64_t max) {
  const auto value = parse_integer(text);
  if (!value || *value < min || *value > max) {
    raise(ErrorCode::InvalidOptions, "expected a whole number from {} to {} in '{}', found '{}'",
          min, max, where, text);
  }
  return *value;
}

bool boolean(std::string_view where, std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  raise(ErrorCode::InvalidOptions, "expected true, false, 1 or 0 in '{}', found '{}'", where, text);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' '))
      part.remove_prefix(1);
    while (part.ends_with(' '))
      part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::uint16_t port_number(std::string_view where, std::string_view text) {
  return static_cast<std::uint16_t>(integer(where, text, 0, 65'535));
}

void set_port(ServeOptions& options, std::string_view where, std::string_view text) {
  options.port = port_number(where, text);
}

void set_bind_addresses(ServeOptions& options, std::string_view where, std::string_view text) {
  options.bind_addresses = split_list(text);
  if (options.bind_addresses.empty()) {
    raise(ErrorCode::InvalidOptions, "expected at least one address in '{}'", where);
  }
  for (const std::string& address : options.bind_addresses) {
    if (address.starts_with('/')) {
      raise(ErrorCode::InvalidOptions, "Unix sockets are not supported: '{}' in '{}'", address,
            where);
    }
  }
}

void set_set_name(ServeOptions& options, std::string_view where, std::string_view text) {
  if (text.empty() || text.find_first_of("/,?&=@ ") != std::string_view::npos) {
    raise(ErrorCode::InvalidOptions,
          "expected the name of a replica set in '{}', without members, found '{}'", where, text);
  }
  options.set_name = text;
}

void set_advertise(ServeOptions& options, std::string_view where, std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view host = has_port ? text.substr(0, colon) : text;
  const bool plain_v6 = !text.starts_with('[') && host.find(':') != std::string_view::npos;
  if (host.empty() || plain_v6 || text.find_first_of(" /,") != std::string_view::npos) {
    raise(ErrorCode::InvalidOptions,
          "expected HOST:PORT (an IPv6 address in brackets) in '{}', found '{}'", where, text);
  }
  if (has_port) (void)integer(where, text.substr(colon + 1), 1, 65'535);
  options.advertise = text;
}

void set_history(ServeOptions& options, std::string_view where, std::string_view text) {
  const auto ms = parse_duration_ms(text);
  if (!ms) {
    raise(ErrorCode::InvalidOptions,
          "expected a duration such as 24h, 7d or 90m (0: no limit) in '{}', found '{}'", where,
          text);
  }
  options.history_ms = *ms;
}

void set_history_bytes(ServeOptions& options, std::string_view where, std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) {
    raise(ErrorCode::InvalidOptions,
          "expected a size such as 20GB or 512MB (0: no limit) in '{}', found '{}'", where, text);
  }
  options.history_bytes = *bytes;
}

void set_history_megabytes(ServeOptions& options, std::string_view where, std::string_view text) {
  options.history_bytes = static_cast<std::uint64_t>(integer(where, text, 1, 1LL << 40)) << 20;
}

void set_connections_max(ServeOptions& options, std::string_view where, std::string_view text) {
  const LimitRow& row = *find_limit("connectionsMax");
  options.limits.*row.member = integer(where, text, row.min, row.max);
}

void set_parameter(ServeOptions& options, std::string_view name, std::string_view value) {
  if (name == "ttlMonitorSleepSecs") {
    options.ttl_interval_s = integer(name, value, 1, 86'400);
    return;
  }
  if (name == kTransactionLifetime) {
    options.transaction_lifetime_s =
        integer(name, value, kTransactionLifetimeMinS, kTransactionLifetimeMaxS);
    return;
  }
  if (name == "enableTestCommands") {
    options.test_commands = boolean(name, value);
    return;
  }
  std::string_view limit = name;
  std::int64_t unit = 1;
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.name != name) continue;
    limit = synonym.limit;
    unit = synonym.unit;
  }
  const LimitRow* row = find_limit(limit);
  if (row == nullptr) {
    raise(ErrorCode::InvalidOptions, "unknown or unsupported parameter '{}'", name);
  }
  if (row->min == row->max) {
    raise(ErrorCode::InvalidOptions, "'{}' is fixed at {}", name, row->min);
  }
  options.limits.*row->member =
      unit * integer(name, value, (row->min + unit - 1) / unit, row->max / unit);
}

}  // namespace freshet::app

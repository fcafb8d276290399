// SPDX-License-Identifier: Apache-2.0
#include "app/advertise.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace freshet::app {
namespace {

bool is_loopback(std::string_view address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

bool is_wildcard(std::string_view address) {
  return address == "*" || address == "0.0.0.0" || address == "::";
}

/// An IPv6 address needs brackets before a port.
std::string host_part(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

std::string default_host(const std::vector<std::string>& addresses, const std::string& host_name) {
  if (std::ranges::all_of(addresses, is_loopback)) {
    return addresses.size() == 1 ? host_part(addresses.front()) : "localhost";
  }
  if (std::ranges::any_of(addresses, is_wildcard)) return host_name;
  // The first that others can reach.
  return host_part(*std::ranges::find_if_not(addresses, is_loopback));
}

}  // namespace

std::string advertised_address(const ServeOptions& options, std::uint16_t port,
                               const std::string& host_name) {
  const std::string& given = options.advertise;
  if (given.empty()) {
    return default_host(options.bind_addresses, host_name) + ":" + std::to_string(port);
  }
  const std::size_t colon = given.rfind(':');
  const bool has_port = colon != std::string::npos && given.find(']', colon) == std::string::npos;
  return has_port ? given : given + ":" + std::to_string(port);
}

std::string connection_string(const std::string& advertised, const std::string& set_name) {
  return "mongodb://" + advertised + "/?replicaSet=" + set_name;
}

std::string machine_name() {
  char name[HOST_NAME_MAX + 1] = "";
  if (::gethostname(name, sizeof name) != 0 || name[0] == '\0') return "localhost";
  return name;
}

}  // namespace freshet::app

// SPDX-License-Identifier: Apache-2.0
#include "server/bind.h"

#include <optional>
#include <utility>

#include <boost/asio/ip/v6_only.hpp>

#include "base/error.h"

namespace freshet::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 4096;      // connections the kernel holds before they are accepted
constexpr int kFreePortTries = 20;  // a port free on one address may be taken on another
constexpr std::size_t kAddressesMax = 64;

/// One address to listen on. `optional`: the machine may lack it.
struct Wanted {
  asio::ip::address address;
  bool optional = false;
};

std::vector<Wanted> resolve(asio::io_context& context, const std::string& name) {
  if (name == "localhost") {
    return {{asio::ip::address_v4::loopback()}, {asio::ip::address_v6::loopback(), true}};
  }
  if (name == "*") return {{asio::ip::address_v4::any()}, {asio::ip::address_v6::any(), true}};
  error_code failed;
  if (const auto address = asio::ip::make_address(name, failed); !failed) return {{address}};
  tcp::resolver resolver(context);
  std::vector<Wanted> wanted;
  for (const auto& found : resolver.resolve(name, "", failed)) {
    wanted.push_back({found.endpoint().address()});
  }
  if (failed || wanted.empty()) {
    raise(ErrorCode::HostNotFound, "cannot listen on '{}': no address is known for that name",
          name);
  }
  return wanted;
}

std::vector<Wanted> resolve_all(asio::io_context& context, const std::vector<std::string>& names) {
  std::vector<Wanted> wanted;
  for (const std::string& name : names) {
    for (const Wanted& one : resolve(context, name)) {
      bool known = false;
      for (const Wanted& other : wanted)
        known = known || other.address == one.address;
      if (!known) wanted.push_back(one);
    }
  }
  if (wanted.empty()) raise(ErrorCode::BadValue, "no address to listen on");
  if (wanted.size() > kAddressesMax) {
    raise(ErrorCode::BadValue, "{} addresses to listen on, at most {} are allowed", wanted.size(),
          kAddressesMax);
  }
  return wanted;
}

error_code bind_one(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code failed;
  acceptor.open(endpoint.protocol(), failed);
  if (failed) return failed;
  acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (endpoint.address().is_v6() && !failed) {
    acceptor.set_option(asio::ip::v6_only(true), failed);
  }
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(kBacklog, failed);
  if (!failed) acceptor.non_blocking(true, failed);
  return failed;
}

bool machine_lacks(const error_code& failed) {
  return failed == asio::error::address_family_not_supported || failed.value() == EADDRNOTAVAIL;
}

[[noreturn]] void refuse(const tcp::endpoint& endpoint, const error_code& failed) {
  raise(ErrorCode::HostUnreachable, "cannot listen on {}: {}", to_text(endpoint),
        failed == asio::error::address_in_use ? "the port is in use by another process"
                                              : failed.message());
}

}  // namespace

std::vector<tcp::acceptor> bind_all(asio::io_context& context,
                                    const std::vector<std::string>& names, std::uint16_t port) {
  const std::vector<Wanted> wanted = resolve_all(context, names);
  for (int tries_left = kFreePortTries;; --tries_left) {
    std::vector<tcp::acceptor> bound;
    std::uint16_t chosen = port;
    bool again = false;
    for (const Wanted& one : wanted) {
      tcp::acceptor acceptor(context);
      const tcp::endpoint endpoint(one.address, chosen);
      const error_code failed = bind_one(acceptor, endpoint);
      if (failed && one.optional && machine_lacks(failed)) continue;
      if (failed == asio::error::address_in_use && port == 0 && tries_left > 0) {
        again = true;
        break;
      }
      if (failed) refuse(endpoint, failed);
      chosen = acceptor.local_endpoint().port();
      bound.push_back(std::move(acceptor));
    }
    if (!again) return bound;
  }
}

std::string to_text(const tcp::endpoint& endpoint) {
  const asio::ip::address& address = endpoint.address();
  std::string text;
  if (address.is_v4()) {
    text = address.to_string();
  } else if (address.to_v6().is_v4_mapped()) {
    text = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  } else {
    text = "[" + address.to_string() + "]";
  }
  return text + ":" + std::to_string(endpoint.port());
}

}  // namespace freshet::server

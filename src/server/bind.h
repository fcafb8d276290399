// SPDX-License-Identifier: Apache-2.0
// From the words of --bind_ip to listening sockets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace freshet::server {

/// Listening sockets for every address that `names` mean, all on one port. With port 0 a port is
/// chosen that is free on all of them. Of a name that stands for several addresses
/// ("localhost", "*") those that this machine does not have are left out. Throws Error naming the
/// address that could not be bound and why.
std::vector<boost::asio::ip::tcp::acceptor> bind_all(boost::asio::io_context& context,
                                                     const std::vector<std::string>& names,
                                                     std::uint16_t port);

/// "127.0.0.1:27017", "[::1]:27017"; an IPv4 client of an IPv6 socket shows as IPv4.
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace freshet::server

// SPDX-License-Identifier: Apache-2.0
#include "server/bind.h"

#include "base/error.h"
#include "server/client_testing.h"

namespace freshet::server {
namespace {

namespace asio = boost::asio;

TEST(BindTest, FreePortIsTheSameOnEveryAddress) {
  asio::io_context context;
  const auto acceptors = bind_all(context, {"127.0.0.1", "localhost", "127.0.0.2"}, 0);
  ASSERT_GE(acceptors.size(), 2U);  // the third is ::1, where there is IPv6
  for (const auto& acceptor : acceptors) {
    EXPECT_EQ(acceptor.local_endpoint().port(), acceptors.front().local_endpoint().port());
    EXPECT_NE(acceptor.local_endpoint().port(), 0);
  }
}

TEST(BindTest, PortInUseNamesTheAddress) {
  asio::io_context context;
  const auto first = bind_all(context, {"127.0.0.1"}, 0);
  const auto port = first.front().local_endpoint().port();
  try {
    bind_all(context, {"127.0.0.1"}, port);
    FAIL() << "bound twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot listen on 127.0.0.1:" + std::to_string(port) +
                                   ": the port is in use by another process");
  }
}

TEST(BindTest, UnknownNameIsSaid) {
  asio::io_context context;
  EXPECT_THROW(bind_all(context, {"no.such.name.invalid"}, 0), Error);
  EXPECT_THROW(bind_all(context, {}, 0), Error);
  EXPECT_THROW(bind_all(context, {"203.0.113.7"}, 0), Error);  // no address of this machine
}

TEST(BindTest, EndpointsAsText) {
  EXPECT_EQ(to_text({asio::ip::make_address("10.0.0.1"), 5}), "10.0.0.1:5");
  EXPECT_EQ(to_text({asio::ip::make_address("::1"), 5}), "[::1]:5");
  EXPECT_EQ(to_text({asio::ip::make_address("::ffff:10.0.0.1"), 5}), "10.0.0.1:5");
}

}  // namespace
}  // namespace freshet::server

// SPDX-License-Identifier: Apache-2.0
#include "workload/address.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace freshet::workload {
namespace {

std::string complaint(std::string_view uri) {
  try {
    static_cast<void>(parse_uri(uri));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidOptions);
    return error.message();
  }
  return "(none)";
}

TEST(AddressTest, HostAndPort) {
  EXPECT_EQ(parse_uri("mongodb://db.example.org").host, "db.example.org");
  EXPECT_EQ(parse_uri("mongodb://db.example.org/").port, 27017);
  EXPECT_EQ(parse_uri("mongodb://h:1234").port, 1234);
  const ServerAddress six = parse_uri("mongodb://[::1]:1234/?directConnection=true");
  EXPECT_EQ(six.host, "::1");
  EXPECT_EQ(six.port, 1234);
  EXPECT_EQ(parse_uri("mongodb://[::1]").host, "::1");
}

TEST(AddressTest, Options) {
  const ServerAddress address = parse_uri(
      "mongodb://h/?replicaSet=rs0&tls=true&tlsCAFile=%2Ftmp%2fca%20file.pem&tlsInsecure=true");
  EXPECT_EQ(address.set_name, "rs0");
  EXPECT_TRUE(address.tls);
  EXPECT_EQ(address.ca_file, "/tmp/ca file.pem");
  EXPECT_FALSE(address.verify);
  EXPECT_TRUE(parse_uri("mongodb://h/?tls=true").verify);
  EXPECT_FALSE(parse_uri("mongodb://h/?tls=false").tls);
}

TEST(AddressTest, WhatIsNotSupportedIsAnError) {
  EXPECT_EQ(complaint("h:1"), "expected a URI that begins with mongodb://, found 'h:1'");
  EXPECT_NE(complaint("mongodb+srv://h"), "(none)");
  EXPECT_NE(complaint("mongodb://u:p@h"), "(none)");
  EXPECT_NE(complaint("mongodb://h:1,h:2"), "(none)");
  EXPECT_NE(complaint("mongodb://h/test"), "(none)");
  EXPECT_NE(complaint("mongodb://"), "(none)");
  EXPECT_NE(complaint("mongodb://[::1]x"), "(none)");
  EXPECT_NE(complaint("mongodb://h/?tlsInsecure=true"), "(none)");
  EXPECT_NE(complaint("mongodb://h/?tlsCertificateKeyFile=/k"), "(none)");
  EXPECT_NE(complaint("mongodb://h/?directConnection=false"), "(none)");
  EXPECT_NE(complaint("mongodb://h/?replicaSet=%zz"), "(none)");
  EXPECT_EQ(complaint("mongodb://h:0"), "expected a port from 1 to 65535 in the URI, found '0'");
  EXPECT_EQ(complaint("mongodb://h:70000"),
            "expected a port from 1 to 65535 in the URI, found '70000'");
  EXPECT_EQ(complaint("mongodb://h/?tls=1"),
            "expected true or false in 'tls' of the URI, found '1'");
  EXPECT_TRUE(complaint("mongodb://h/?w=1").starts_with("unknown option 'w' in the URI"));
}

}  // namespace
}  // namespace freshet::workload

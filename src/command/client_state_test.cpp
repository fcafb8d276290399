// SPDX-License-Identifier: Apache-2.0
#include "command/client_state.h"

#include <gtest/gtest.h>

namespace freshet::command {
namespace {

TEST(ClientStateTest, KnowsWhoCameOverTheLoopbackInterface) {
  for (const char* address : {"127.0.0.1:51234", "127.3.2.1:1", "[::1]:27017"}) {
    EXPECT_TRUE(ClientState(1, address).is_local()) << address;
  }
  for (const char* address :
       {"10.0.0.1:127", "12.7.0.0:1", "[fe80::1]:1", "[::11]:1", "[::2]:1", "1.127.0.1:5", ""}) {
    EXPECT_FALSE(ClientState(1, address).is_local()) << address;
  }
}

}  // namespace
}  // namespace freshet::command

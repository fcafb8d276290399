// SPDX-License-Identifier: Apache-2.0
#include "app/command_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "app/advertise.h"
#include "base/error.h"
#include "workload/workload.h"

namespace freshet::app {
namespace {

ServeOptions serve(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "serve");
  return std::get<ServeOptions>(parse_command_line(arguments));
}

std::string complaint(const std::vector<std::string>& arguments) {
  try {
    (void)parse_command_line(arguments);
  } catch (const Error& error) {
    return error.message();
  }
  return "(none)";
}

TEST(CommandLineTest, Defaults) {
  const ServeOptions options = serve({});
  EXPECT_EQ(options.port, 27017);
  EXPECT_EQ(options.set_name, "rs0");
  EXPECT_EQ(options.bind_addresses, std::vector<std::string>{"localhost"});
  EXPECT_EQ(options.history_ms, 86'400'000);
  EXPECT_FALSE(options.memory);
}

TEST(CommandLineTest, SpellingOfMongod) {
  const ServeOptions options =
      serve({"--dbpath", "/tmp/x", "--port=0", "--bind_ip", "127.0.0.1,::1", "--replSet", "myRs",
             "--logpath", "/tmp/l", "--logappend", "--setParameter", "cursorTimeoutMillis=5000",
             "--setParameter", "connectionsMax=7", "-vv", "--oplogSize", "16"});
  EXPECT_EQ(options.data_directory, "/tmp/x");
  EXPECT_EQ(options.port, 0);
  EXPECT_EQ(options.bind_addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(options.set_name, "myRs");
  EXPECT_TRUE(options.log_append);
  EXPECT_EQ(options.limits.cursor_idle_ms_max, 5000);
  EXPECT_EQ(options.limits.connections_max, 7);
  EXPECT_EQ(options.log_level, Severity::Debug);
  EXPECT_EQ(options.history_bytes, std::uint64_t{16} << 20);
}

TEST(CommandLineTest, TlsAsMongodSpellsIt) {
  const ServeOptions options =
      serve({"--tlsMode", "requireTLS", "--tlsCertificateKeyFile", "/k.pem", "--tlsCAFile", "/ca",
             "--tlsAllowConnectionsWithoutCertificates", "--tlsDisabledProtocols", "TLS1_2"});
  EXPECT_EQ(options.tls.mode, server::TlsMode::Require);
  EXPECT_EQ(options.tls.certificate_key_file, "/k.pem");
  EXPECT_EQ(options.tls.ca_file, "/ca");
  EXPECT_TRUE(options.tls.allow_without_certificate);
  EXPECT_EQ(options.tls.disabled_protocols, std::vector<std::string>{"TLS1_2"});
  EXPECT_TRUE(serve({"--tlsDisabledProtocols", "none"}).tls.disabled_protocols.empty());
  EXPECT_EQ(serve({}).tls.mode, server::TlsMode::Disabled);
  EXPECT_EQ(complaint({"serve", "--tlsMode", "on"}),
            "expected disabled, allowTLS, preferTLS or requireTLS in '--tlsMode', found 'on'");
  EXPECT_EQ(complaint({"serve", "--tlsCAFile", "/ca"}),
            "options for TLS are given, but it is off: see tlsMode");
  EXPECT_EQ(
      complaint({"serve", "--tlsMode", "allowTLS", "--tlsAllowConnectionsWithoutCertificates"}),
      "tlsAllowConnectionsWithoutCertificates needs tlsCAFile: without it no client is asked "
      "for a certificate");
}

TEST(CommandLineTest, WhatFreshetDoesNotHaveIsAnError) {
  EXPECT_EQ(complaint({"serve", "--auth"}), "unknown or unsupported option '--auth'; see --help");
  EXPECT_EQ(complaint({"serve", "--wiredTigerCacheSizeGB", "1"}),
            "unknown or unsupported option '--wiredTigerCacheSizeGB'; see --help");
  EXPECT_EQ(complaint({"serve", "--keyFile=/x"}),
            "unknown or unsupported option '--keyFile'; see --help");
  EXPECT_EQ(complaint({"serve", "--setParameter", "noSuch=1"}),
            "unknown or unsupported parameter 'noSuch'");
  EXPECT_EQ(complaint({"serve", "extra"}), "'extra' was not expected; see --help");
}

TEST(CommandLineTest, ValuesAreChecked) {
  EXPECT_EQ(complaint({"serve", "--port", "70000"}),
            "expected a whole number from 0 to 65535 in '--port', found '70000'");
  for (const auto& bad :
       std::vector<std::vector<std::string>>{{"serve", "--port", "x"},
                                             {"serve", "--replSet", "rs/host:1"},
                                             {"serve", "--bind_ip", ","},
                                             {"serve", "--bind_ip", "/tmp/sock"},
                                             {"serve", "--history", "24"},
                                             {"serve", "--history-size", "much"},
                                             {"serve", "--advertise", "a b"},
                                             {"serve", "--advertise", "host:0"},
                                             {"serve", "--advertise", "::1"},
                                             {"serve", "--setParameter", "connectionsMax"},
                                             {"serve", "--setParameter", "connectionsMax=0"},
                                             {"serve", "--config", "/no/such/file"},
                                             {},
                                             {"sing"},
                                             {"backup"},
                                             {"backup", "x", "--dbpath", "d", "--port", "5"},
                                             {"repair"}}) {
    EXPECT_NE(complaint(bad), "(none)") << (bad.empty() ? "" : bad.back());
  }
}

TEST(CommandLineTest, HelpAndVersionAreText) {
  EXPECT_NE(std::get<Text>(parse_command_line({"--version"})).text.find("freshet "),
            std::string::npos);
  const std::string help = std::get<Text>(parse_command_line({"serve", "--help"})).text;
  for (const char* option : {"--dbpath", "--memory", "--history", "replication.replSetName"}) {
    EXPECT_NE(help.find(option), std::string::npos) << option;
  }
}

TEST(CommandLineTest, BackupAndRepair) {
  EXPECT_EQ(
      std::get<BackupOptions>(parse_command_line({"backup", "/b", "--port", "5"})).server.port, 5);
  EXPECT_EQ(
      std::get<RepairOptions>(parse_command_line({"repair", "--dbpath", "/d"})).data_directory,
      "/d");
}

TEST(CommandLineTest, CommandLineOutweighsTheFile) {
  char path[] = "/tmp/freshet-config-XXXXXX";
  const int file = ::mkstemp(path);
  ASSERT_GE(file, 0);
  ::close(file);
  std::ofstream(path) << "net:\n  port: 1234\n  bindIp: 127.0.0.9\nreplication:\n"
                         "  replSetName: fromFile\n";
  const ServeOptions options = serve({"--config", path, "--port", "77"});
  EXPECT_EQ(options.port, 77);
  EXPECT_EQ(options.set_name, "fromFile");
  EXPECT_EQ(options.bind_addresses, std::vector<std::string>{"127.0.0.9"});
  std::remove(path);
}

TEST(AdvertiseTest, FollowsWhatIsListenedOn) {
  ServeOptions options;
  EXPECT_EQ(advertised_address(options, 5, "box"), "localhost:5");
  options.bind_addresses = {"127.0.0.1"};
  EXPECT_EQ(advertised_address(options, 5, "box"), "127.0.0.1:5");
  options.bind_addresses = {"::1"};
  EXPECT_EQ(advertised_address(options, 5, "box"), "[::1]:5");
  options.bind_addresses = {"localhost", "10.0.0.3"};
  EXPECT_EQ(advertised_address(options, 5, "box"), "10.0.0.3:5");
  options.bind_addresses = {"0.0.0.0"};
  EXPECT_EQ(advertised_address(options, 5, "box"), "box:5");
  options.advertise = "db.example.org";
  EXPECT_EQ(advertised_address(options, 5, "box"), "db.example.org:5");
  options.advertise = "db.example.org:99";
  EXPECT_EQ(advertised_address(options, 5, "box"), "db.example.org:99");
  options.advertise = "[fd00::1]";
  EXPECT_EQ(advertised_address(options, 5, "box"), "[fd00::1]:5");
  EXPECT_EQ(connection_string("localhost:1", "rs0"), "mongodb://localhost:1/?replicaSet=rs0");
}

workload::Options bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "bench");
  return std::get<workload::Options>(parse_command_line(arguments));
}

TEST(CommandLineTest, BenchDefaults) {
  const workload::Options options = bench({});
  EXPECT_EQ(options.uri, "mongodb://localhost:27017");
  EXPECT_TRUE(options.workloads.empty());
  EXPECT_FALSE(options.count);
  EXPECT_EQ(options.connections, 16);
  EXPECT_FALSE(options.drop);
}

TEST(CommandLineTest, BenchOptions) {
  const workload::Options options = bench({"--uri",
                                           "mongodb://h:1/?tls=true",
                                           "--workload",
                                           "drain,quiet",
                                           "--workload=resume",
                                           "--count",
                                           "5",
                                           "--connections=3",
                                           "--streams",
                                           "0",
                                           "--batch",
                                           "2",
                                           "--size",
                                           "100",
                                           "--collections",
                                           "7",
                                           "--time-limit",
                                           "9",
                                           "--pid",
                                           "1",
                                           "--majority",
                                           "--sessions",
                                           "--drop",
                                           "--json"});
  EXPECT_EQ(options.uri, "mongodb://h:1/?tls=true");
  EXPECT_EQ(options.workloads, (std::vector<std::string>{"drain", "quiet", "resume"}));
  EXPECT_EQ(options.count, 5);
  EXPECT_EQ(options.connections, 3);
  EXPECT_EQ(options.streams, 0);
  EXPECT_EQ(options.batch, 2);
  EXPECT_EQ(options.document_bytes, 100);
  EXPECT_EQ(options.collections, 7);
  EXPECT_EQ(options.time_limit_s, 9);
  EXPECT_EQ(bench({"--wait", "50"}).wait_ms, 50);
  EXPECT_EQ(options.server_pid, 1);
  EXPECT_TRUE(options.majority && options.sessions && options.drop && options.json);
}

TEST(CommandLineTest, BenchOptionsAreChecked) {
  EXPECT_TRUE(complaint({"bench", "--workload", "drain,nosuch"})
                  .starts_with("unknown workload 'nosuch'; there are insert_one, insert_many"));
  EXPECT_EQ(complaint({"bench", "--count", "many"}),
            "expected a whole number in '--count', found 'many'");
  EXPECT_EQ(complaint({"bench", "--count", "0"}),
            "expected a whole number from 1 to 1000000000 in '--count', found 0");
  EXPECT_EQ(complaint({"bench", "--streams", "-1"}),
            "expected a whole number from 0 to 50000 in '--streams', found -1");
  EXPECT_EQ(complaint({"bench", "--batch", "10000", "--size", "10000"}),
            "'--batch' times '--size' is 100000000 bytes, more than 33554432");
  EXPECT_EQ(complaint({"bench", "--uri", "localhost"}),
            "expected a URI that begins with mongodb://, found 'localhost'");
  EXPECT_EQ(complaint({"bench", "--threads", "4"}),
            "unknown or unsupported option '--threads'; see --help");
}

TEST(CommandLineTest, BenchHelpNamesEveryWorkload) {
  const std::string help = std::get<Text>(parse_command_line({"bench", "--help"})).text;
  for (const workload::Workload& row : workload::workload_table())
    EXPECT_NE(help.find(row.name), std::string::npos) << row.name;
  EXPECT_NE(help.find(workload::kDatabase), std::string::npos);
}

}  // namespace
}  // namespace freshet::app

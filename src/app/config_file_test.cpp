// SPDX-License-Identifier: Apache-2.0
#include "app/config_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace freshet::app {
namespace {

std::string complaint(const std::string& text) {
  ServeOptions options;
  try {
    read_config(text, "f.conf", options);
  } catch (const Error& error) {
    return error.message();
  }
  return "(none)";
}

TEST(ConfigFileTest, KeysOfMongod) {
  ServeOptions options;
  read_config(R"(
# a comment
storage:
  dbPath: /var/lib/freshet
net: { port: 27018, bindIp: "127.0.0.1, 10.0.0.1", tls: { mode: preferTLS, certificateKeyFile: /k,
       certificateKeyFilePassword: secret, CAFile: /ca, disabledProtocols: "TLS1_0, TLS1_2",
       allowConnectionsWithoutCertificates: true } }
replication:
  replSetName: rs9
  oplogSizeMB: 64
systemLog:
  destination: file
  path: /var/log/freshet.log
  logAppend: true
  verbosity: 1
setParameter:
  cursorsOpenMax: 12
freshet:
  history: 7d
  advertise: db:1
)",
              "f.conf", options);
  EXPECT_EQ(options.data_directory, "/var/lib/freshet");
  EXPECT_EQ(options.port, 27018);
  EXPECT_EQ(options.bind_addresses, (std::vector<std::string>{"127.0.0.1", "10.0.0.1"}));
  EXPECT_EQ(options.tls.mode, server::TlsMode::Prefer);
  EXPECT_EQ(options.tls.certificate_key_file, "/k");
  EXPECT_EQ(options.tls.certificate_key_password, "secret");
  EXPECT_EQ(options.tls.ca_file, "/ca");
  EXPECT_EQ(options.tls.disabled_protocols, (std::vector<std::string>{"TLS1_0", "TLS1_2"}));
  EXPECT_TRUE(options.tls.allow_without_certificate);
  EXPECT_EQ(options.set_name, "rs9");
  EXPECT_EQ(options.history_bytes, std::uint64_t{64} << 20);
  EXPECT_EQ(options.log_path, "/var/log/freshet.log");
  EXPECT_TRUE(options.log_append);
  EXPECT_EQ(options.log_level, Severity::Debug);
  EXPECT_EQ(options.limits.cursors_open_max, 12);
  EXPECT_EQ(options.history_ms, 7 * 86'400'000);
  EXPECT_EQ(options.advertise, "db:1");
}

TEST(ConfigFileTest, UnknownKeysAreErrorsWithTheirLine) {
  EXPECT_EQ(complaint("net:\n  port: 1\nsecurity:\n  authorization: enabled\n"),
            "f.conf:4: unknown or unsupported key 'security.authorization'");
  EXPECT_EQ(complaint("processManagement:\n  fork: true\n"),
            "f.conf:2: unknown or unsupported key 'processManagement.fork'");
  EXPECT_EQ(complaint("setParameter:\n  noSuch: 1\n"),
            "f.conf:2: unknown or unsupported parameter 'noSuch'");
  EXPECT_EQ(complaint("nonsense: 1"), "f.conf:1: unknown or unsupported key 'nonsense'");
}

TEST(ConfigFileTest, ValuesAreChecked) {
  EXPECT_EQ(complaint("net:\n  port: many\n"),
            "f.conf:2: expected a whole number from 0 to 65535 in 'net.port', found 'many'");
  for (const char* bad :
       {"net: 5", "- a\n- b", "net:\n  port: [1, 2]", "systemLog:\n  logAppend: maybe",
        "systemLog:\n  destination: syslog", "systemLog:\n  destination: file", "net: {port: 1",
        "storage:\n  engine: wiredTiger", "net: {port: 1, port: 2}",
        "a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: 1}}}}}}}}}}"}) {
    EXPECT_NE(complaint(bad), "(none)") << bad;
  }
}

TEST(ConfigFileTest, EmptyFileChangesNothing) {
  EXPECT_EQ(complaint(""), "(none)");
  EXPECT_EQ(complaint("# nothing\n"), "(none)");
}

TEST(ConfigFileTest, KeysAreSorted) {
  EXPECT_TRUE(std::ranges::is_sorted(config_keys()));
}

}  // namespace
}  // namespace freshet::app

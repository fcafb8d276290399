// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace freshet {
namespace {

const LogOptions kNowhere{.target = LogOptions::Target::Nowhere};

std::string read_file(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

class LogFileTest : public testing::Test {
 protected:
  std::string path_ = testing::TempDir() + "freshet_log_" + std::to_string(::getpid());
  void TearDown() override {
    std::remove(path_.c_str());
    std::remove((path_ + ".1").c_str());
  }
};

TEST(LogTest, WritesMongodsShape) {
  const ManualClock clock(1'769'860'800'123);
  Logger log(clock, kNowhere);
  log.info("NETWORK", "Connection \"accepted\"",
           {{"remote", "127.0.0.1:5"}, {"connectionCount", 3}, {"tls", false}});
  const std::string line = log.recent().lines.at(0);
  EXPECT_TRUE(line.starts_with(
      R"({"t":{"$date":"2026-01-31T12:00:00.123+00:00"},"s":"I","c":"NETWORK","ctx":")"))
      << line;
  EXPECT_NE(
      line.find(
          R"("msg":"Connection \"accepted\"","attr":{"remote":"127.0.0.1:5","connectionCount":3,"tls":false}})"),
      std::string::npos)
      << line;
}

TEST(LogTest, FiltersByLevelAndKeepsABoundedNumber) {
  const ManualClock clock;
  Logger log(
      clock,
      {.target = LogOptions::Target::Nowhere, .level = Severity::Warning, .lines_kept_max = 3});
  log.info("CONTROL", "not this");
  log.debug("CONTROL", "nor this");
  for (int i = 0; i < 10; ++i)
    log.warning("CONTROL", "warned", {{"i", i}});
  EXPECT_EQ(log.recent().lines.size(), 3U);
  EXPECT_EQ(log.recent().written, 10U);
  EXPECT_NE(log.recent().lines[0].find("\"i\":7"), std::string::npos);
  log.startup_warning("CONTROL", "no access control");
  EXPECT_EQ(log.startup_warnings().lines.size(), 1U);
}

TEST(LogTest, EscapesWhatJsonCannotHold) {
  std::string out;
  append_json_string(out, "a\"\\\n\x01\xFFz\xC3\xA9");
  EXPECT_EQ(out, "\"a\\\"\\\\\\u000a\\u0001\xEF\xBF\xBDz\xC3\xA9\"");
}

TEST(LogTest, FormatsTimesBeforeTheEpoch) {
  EXPECT_EQ(format_utc(0), "1970-01-01T00:00:00.000+00:00");
  EXPECT_EQ(format_utc(-1), "1969-12-31T23:59:59.999+00:00");
}

TEST_F(LogFileTest, ReopensByName) {
  const ManualClock clock;
  Logger log(clock, {.target = LogOptions::Target::File, .path = path_});
  log.info("CONTROL", "first");
  ASSERT_EQ(std::rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  log.info("CONTROL", "second");
  ASSERT_TRUE(log.reopen());
  log.info("CONTROL", "third");
  EXPECT_NE(read_file(path_ + ".1").find("second"), std::string::npos);
  EXPECT_EQ(read_file(path_).find("second"), std::string::npos);
  EXPECT_NE(read_file(path_).find("third"), std::string::npos);
}

TEST_F(LogFileTest, LinesOfSeveralThreadsStayWhole) {
  const SystemClock clock;
  Logger log(clock, {.target = LogOptions::Target::File, .path = path_});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 100; ++i)
        log.info("CONTROL", "message", {{"i", i}});
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  std::ifstream file(path_);
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    EXPECT_TRUE(line.starts_with("{\"t\":") && line.ends_with("}}")) << line;
  }
  EXPECT_EQ(count, 400);
}

TEST(LogTest, AFileThatCannotBeOpenedIsSaid) {
  const ManualClock clock;
  EXPECT_THROW(Logger(clock, {.target = LogOptions::Target::File, .path = "/no/such/dir/log"}),
               Error);
}

}  // namespace
}  // namespace freshet

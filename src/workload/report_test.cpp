// SPDX-License-Identifier: Apache-2.0
#include "workload/report.h"

#include <gtest/gtest.h>

#include "bson/json.h"

namespace freshet::workload {
namespace {

std::vector<Result> two_results() {
  return {{.workload = "insert_one",
           .unit = "inserts",
           .count = 31'000,
           .seconds = 0.5,
           .times = Quantiles{.p50 = 12.345, .p99 = 1'234.5, .max = 9'876'543},
           .server_cpu_s = 0.31},
          {.workload = "drain",
           .unit = "events",
           .count = 10,
           .seconds = 4,
           .complete = false,
           .further = {{"events_per_reply", 3}}}};
}

TEST(ReportTest, Table) {
  EXPECT_EQ(as_table(two_results()),
            "workload                rate  p50 us  p99 us     max us  server CPU us  further\n"
            "insert_one  62,000 inserts/s   12.35   1,234  9,876,543          10.00\n"
            "drain          2.50 events/s       -       -          -              -  not complete: "
            "the time was up; events per reply 3.00\n");
}

TEST(ReportTest, Json) {
  const std::string bytes = bson::from_json(as_json("8.0.0", two_results()));
  const bson::View report(bytes);
  EXPECT_EQ(report["server"].as_string(), "8.0.0");
  const bson::View first = report["workloads"].as_document()["0"].as_document();
  EXPECT_EQ(first["workload"].as_string(), "insert_one");
  EXPECT_EQ(first["per_second"].number_as_double(), 62'000);
  EXPECT_EQ(first["p99_us"].number_as_double(), 1'234.5);
  EXPECT_EQ(first["server_cpu_us"].number_as_double(), 10);
  const bson::View second = report["workloads"].as_document()["1"].as_document();
  EXPECT_FALSE(second["complete"].as_bool());
  EXPECT_FALSE(second["p50_us"]);
  EXPECT_EQ(second["events_per_reply"].number_as_double(), 3);
}

TEST(ReportTest, Quantiles) {
  std::vector<double> times;
  EXPECT_FALSE(quantiles_of(times));
  for (int i = 100; i >= 0; --i)
    times.push_back(i);
  const auto quantiles = quantiles_of(times);
  ASSERT_TRUE(quantiles);
  EXPECT_EQ(quantiles->p50, 50);
  EXPECT_EQ(quantiles->p99, 99);
  EXPECT_EQ(quantiles->max, 100);
}

}  // namespace
}  // namespace freshet::workload

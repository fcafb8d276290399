// SPDX-License-Identifier: Apache-2.0
#include "workload/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "bson/builder.h"
#include "bson/json.h"

namespace freshet::workload {
namespace {

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;
constexpr double kMicroseconds = 1e6;
constexpr double kWhole = 100;  // from here on decimals are noise

std::string number(double value) {
  if (value < kWhole) return fmt::format("{:.2f}", value);
  std::string digits = fmt::format("{:.0f}", value);
  for (std::size_t at = digits.size(); at > 3; at -= 3)
    digits.insert(at - 3, ",");
  return digits;
}

std::optional<double> cpu_us_each(const Result& result) {
  if (!result.server_cpu_s || result.count == 0) return std::nullopt;
  return *result.server_cpu_s * kMicroseconds / static_cast<double>(result.count);
}

Row row_of(const Result& result) {
  const auto cpu = cpu_us_each(result);
  std::string rest = result.complete ? "" : "not complete: the time was up; ";
  for (const Figure& figure : result.further)
    rest += fmt::format("{} {}; ", figure.name, number(figure.value));
  if (!rest.empty()) rest.resize(rest.size() - 2);
  std::ranges::replace(rest, '_', ' ');
  const auto time = [&](double Quantiles::*which) {
    return result.times ? number(*result.times.*which) : std::string("-");
  };
  return {std::string(result.workload),
          fmt::format("{} {}/s", number(result.rate()), result.unit),
          time(&Quantiles::p50),
          time(&Quantiles::p99),
          time(&Quantiles::max),
          cpu ? number(*cpu) : "-",
          rest};
}

}  // namespace

std::string as_table(const std::vector<Result>& results) {
  std::vector<Row> rows{
      {"workload", "rate", "p50 us", "p99 us", "max us", "server CPU us", "further"}};
  for (const Result& result : results)
    rows.push_back(row_of(result));
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line = fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i + 1 < kColumns; ++i)
      line += fmt::format("  {:>{}}", row[i], widths[i]);
    line += "  " + row.back();
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string as_json(const std::string& server, const std::vector<Result>& results) {
  bson::Builder out;
  out.add("server", server).open_array("workloads");
  for (const Result& result : results) {
    out.push_document().add("workload", result.workload).add("unit", result.unit);
    out.add("count", result.count).add("seconds", result.seconds);
    out.add("per_second", result.rate()).add("complete", result.complete);
    if (result.times) {
      out.add("p50_us", result.times->p50).add("p99_us", result.times->p99);
      out.add("max_us", result.times->max);
    }
    if (const auto cpu = cpu_us_each(result)) out.add("server_cpu_us", *cpu);
    for (const Figure& figure : result.further)
      out.add(figure.name, figure.value);
    out.close();
  }
  out.close();
  const std::string bytes = out.take();
  return bson::to_json(bson::View(bytes)) + "\n";
}

}  // namespace freshet::workload

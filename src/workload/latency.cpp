// SPDX-License-Identifier: Apache-2.0
// latency: from sending an insert to its event in the hands of a waiting stream's client.
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "workload/command.h"
#include "workload/insert_message.h"
#include "workload/link.h"
#include "workload/message.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

constexpr double kMicroseconds = 1e6;
constexpr std::chrono::microseconds kBetweenWrites{1'000};

/// Writes at a steady pace, on a thread of its own; each document says when it was sent.
class Writer {
 public:
  explicit Writer(Run& run)
      : run_(run), loop_(run.clock, run.deadline), link_(loop_, run.address) {}
  ~Writer() {
    if (thread_.joinable()) thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void start() {
    thread_ = std::thread([this] {
      try {
        write();
      } catch (...) {
        failure_ = std::current_exception();
      }
    });
  }
  /// Waits for the end; throws what made it fail. How long the acknowledgements took.
  std::vector<double>& finish() {
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
    return times_us_;
  }

 private:
  void write() {
    InsertMessage message(run_, "c", 1);
    for (std::int64_t i = 0; i < run_.count; ++i) {
      const SteadyTime next = run_.clock.steady() + kBetweenWrites;
      const double sent = run_.now_s();
      message.set(0, 0, sent);
      message.next_transaction();
      static_cast<void>(link_.call(message.bytes()));
      times_us_.push_back((run_.now_s() - sent) * kMicroseconds);
      std::this_thread::sleep_until(next);
    }
  }

  Run& run_;
  Loop loop_;
  Link link_;
  std::vector<double> times_us_;
  std::exception_ptr failure_;
  std::thread thread_;
};

void note_times(Run& run, const CursorReply& reply, std::vector<double>& times_us) {
  const double now = run.now_s();
  for (const bson::Element& event : reply.batch) {
    const bson::Element sent = event.as_document().at_path("fullDocument.t");
    if (sent.type() == bson::Type::Double)
      times_us.push_back((now - sent.as_double()) * kMicroseconds);
  }
}

}  // namespace

Result latency(Run& run) {
  Loop loop(run.clock, run.deadline);
  Link link(loop, run.address);
  recreate(link, "c");
  const CursorReply opened = read_cursor(open_stream(link, "c", bson::View(), bson::View(), 0));
  const std::string more = get_more(run, opened.id, "c", 0);
  Writer writer(run);
  std::vector<double> times_us;
  const Meter meter(run);
  writer.start();
  while (static_cast<std::int64_t>(times_us.size()) < run.count) {
    note_times(run, read_cursor(link.call(more)), times_us);
    run.progress.update("events", static_cast<std::int64_t>(times_us.size()), run.count);
  }
  Result result{.unit = "events"};
  result.count = static_cast<std::int64_t>(times_us.size());
  result.seconds = meter.seconds();
  result.server_cpu_s = meter.server_cpu_s();
  result.times = quantiles_of(times_us);
  if (const auto acknowledged = quantiles_of(writer.finish())) {
    result.further.push_back({"acknowledged_p50_us", acknowledged->p50});
    result.further.push_back({"acknowledged_p99_us", acknowledged->p99});
  }
  return result;
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
// fanout_same, fanout_selective, fanout_none: many streams wait while inserts come.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bson/builder.h"
#include "workload/closed_loop.h"
#include "workload/command.h"
#include "workload/message.h"
#include "workload/workload.h"

namespace freshet::workload {
namespace {

constexpr std::int64_t kBatch = 10;  // documents of one insert
constexpr std::int64_t kKeysWithoutStreams = 1'000;
constexpr double kMilliseconds = 1e3;

/// What a stream of the fan-out sees: everything, one key of many, or a key that nobody writes.
enum class Shows { Everything, OneKey, Nothing };

std::string filter_of(Shows shows, std::int64_t number) {
  bson::Builder filter;
  if (shows == Shows::OneKey) filter.add("fullDocument.k", number);
  if (shows == Shows::Nothing) filter.add("fullDocument.k", -1 - number);
  return filter.take();
}

/// The streams, each with a connection of its own and a getMore that waits.
class Watchers {
 public:
  Watchers(Run& run, Loop& loop, Shows shows) : run_(run) {
    for (std::int64_t i = 0; i < run.options.streams; ++i) {
      const std::string filter = filter_of(shows, i);
      Watcher watcher{.link = std::make_unique<Link>(loop, run.address)};
      const CursorReply opened =
          read_cursor(open_stream(*watcher.link, "c", bson::View(), bson::View(filter), 0));
      watcher.more = get_more(run, opened.id, "c", 0);
      all_.push_back(std::move(watcher));
      run.progress.update("streams opened", i, run.options.streams);
    }
  }

  void wait(std::int64_t expected) {
    expected_ = expected;
    for (Watcher& watcher : all_)
      wait(watcher);
  }

  std::int64_t delivered() const { return delivered_; }
  /// How many replies brought them.
  std::int64_t replies() const { return replies_; }

 private:
  struct Watcher {
    std::unique_ptr<Link> link;
    std::string more;
  };

  void wait(Watcher& watcher) {
    watcher.link->request(watcher.more, [this, &watcher](bson::View reply) {
      const std::int64_t count = read_cursor(reply).count;
      delivered_ += count;
      replies_ += count > 0 ? 1 : 0;
      run_.progress.update("events delivered", delivered_, expected_);
      wait(watcher);
    });
  }

  Run& run_;
  std::vector<Watcher> all_;
  std::int64_t delivered_ = 0;
  std::int64_t replies_ = 0;
  std::int64_t expected_ = 0;
};

Result fan_out(Run& run, Shows shows) {
  Loop loop(run.clock, run.deadline);
  Link setup(loop, run.address);
  recreate(setup, "c");
  const double open_began = run.now_s();
  Watchers watchers(run, loop, shows);
  const std::int64_t streams = run.options.streams;
  const double open_s = run.now_s() - open_began;
  const std::int64_t batch = std::min(kBatch, run.count);
  const std::int64_t keys = streams > 0 ? streams : kKeysWithoutStreams;
  const auto writes = bulk_insert(run, loop, "c", run.count, batch, keys);
  const std::int64_t documents = run.count / batch * batch;
  std::int64_t expected = 0;
  if (shows == Shows::Everything) expected = documents * streams;
  if (shows == Shows::OneKey && streams > 0) expected = documents;

  watchers.wait(expected);
  const std::optional<double> resident = resident_kb(run.options.server_pid);
  const Meter meter(run);
  writes->start();
  Result result;
  result.complete =
      loop.run_before_deadline([&] { return writes->done() && watchers.delivered() >= expected; });
  result.seconds = meter.seconds();
  result.server_cpu_s = meter.server_cpu_s();
  const bool counts_writes = shows != Shows::Everything;
  result.unit = counts_writes ? "inserts" : "deliveries";
  const std::int64_t written = writes->answered() * batch;
  result.count = counts_writes ? written : watchers.delivered();
  result.further = {{"streams", static_cast<double>(streams)},
                    {"inserts", static_cast<double>(written)},
                    {"deliveries", static_cast<double>(watchers.delivered())},
                    {"replies", static_cast<double>(watchers.replies())}};
  if (streams > 0) {
    result.further.push_back(
        {"open_ms_per_stream", open_s * kMilliseconds / static_cast<double>(streams)});
  }
  if (resident) result.further.push_back({"server_resident_kb", *resident});
  return result;
}

}  // namespace

Result fanout_same(Run& run) {
  return fan_out(run, Shows::Everything);
}

Result fanout_selective(Run& run) {
  return fan_out(run, Shows::OneKey);
}

Result fanout_none(Run& run) {
  return fan_out(run, Shows::Nothing);
}

}  // namespace freshet::workload

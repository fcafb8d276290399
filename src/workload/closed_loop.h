// SPDX-License-Identifier: Apache-2.0
// Requests over a number of connections, each of which sends its next one when the last is
// answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "workload/link.h"
#include "workload/run.h"

namespace freshet::workload {

/// For the loop's thread.
class ClosedLoop {
 public:
  /// Gives the message that connection `i` sends next; it lives until the next call for `i`.
  using NextMessage = std::function<const std::string&(std::size_t i)>;

  /// Connects. `what` is for the progress line and outlives this.
  ClosedLoop(Run& run, Loop& loop, std::size_t connections, std::int64_t requests,
             std::string_view what, NextMessage next);

  /// Sends the first request of each connection; the loop does the rest.
  void start();
  bool done() const { return answered_ == requests_; }
  std::int64_t answered() const { return answered_; }
  /// Of the last answer, by Run::now_s().
  double ended_s() const { return ended_s_; }
  /// How long each request took.
  std::vector<double>& times_us() { return times_us_; }

 private:
  struct Sender {
    std::unique_ptr<Link> link;
    double sent_s = 0;
  };
  void send_next(std::size_t i);

  Run& run_;
  const std::int64_t requests_;
  const std::string_view what_;
  NextMessage next_;
  std::vector<Sender> senders_;
  std::int64_t sent_ = 0;
  std::int64_t answered_ = 0;
  double ended_s_ = 0;
  std::vector<double> times_us_;
};

/// Inserts Run::options.batch documents at a time until `documents` are there; their keys count
/// from 0 and begin anew at `keys`.
std::unique_ptr<ClosedLoop> bulk_insert(Run& run, Loop& loop, std::string_view collection,
                                        std::int64_t documents, std::int64_t batch,
                                        std::int64_t keys);

/// The same, until it is done.
void insert_all(Run& run, Loop& loop, std::string_view collection, std::int64_t documents);

}  // namespace freshet::workload

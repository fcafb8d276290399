// SPDX-License-Identifier: Apache-2.0
// One thread's event loop with a deadline, on which any number of connections wait.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/error.h"

namespace freshet::workload {

/// For one thread. Outlives its links.
class Loop {
 public:
  /// Nothing on it goes on after `deadline`.
  Loop(const Clock& clock, SteadyTime deadline)
      : clock_(clock), deadline_(deadline), work_(context_.get_executor()) {}

  boost::asio::io_context& context() { return context_; }
  const Clock& clock() const { return clock_; }
  SteadyTime deadline() const { return deadline_; }

  /// Runs what comes in until `done()`; false when the deadline was first. Throws what handlers
  /// throw.
  template <typename Done>
  [[nodiscard]] bool run_before_deadline(Done&& done) {
    while (!done()) {
      const auto left = deadline_ - clock_.steady();
      if (left.count() <= 0) return false;
      context_.run_one_for(left);
    }
    return true;
  }

  /// The same; throws NetworkTimeout when the deadline was first.
  template <typename Done>
  void run_until(Done&& done) {
    if (!run_before_deadline(done)) {
      raise(ErrorCode::NetworkTimeout, "it took longer than --time-limit allows");
    }
  }

 private:
  const Clock& clock_;
  const SteadyTime deadline_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
};

}  // namespace freshet::workload

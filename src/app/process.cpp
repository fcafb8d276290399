// SPDX-License-Identifier: Apache-2.0
#include "app/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace freshet::app {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
    sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

Signals::Event Signals::wait() {
  const sigset_t set = handled_signals();
  while (true) {
    int signal = 0;
    if (::sigwait(&set, &signal) != 0) continue;
    if (failed_) return Event::Failed;
    return signal == SIGHUP || signal == SIGUSR1 ? Event::ReopenLog : Event::Stop;
  }
}

void Signals::request_stop() noexcept {
  ::kill(::getpid(), SIGTERM);
}

void Signals::fail() noexcept {
  failed_ = true;
  request_stop();
}

std::uint64_t raise_open_files_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return limit.rlim_cur;
}

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const std::string text = std::to_string(::getpid()) + "\n";
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int why = errno;
  if (file >= 0) ::close(file);
  if (!written) {
    raise(ErrorCode::OperationFailed, "cannot write the process id to '{}': {}",
          std::exchange(path_, ""), std::strerror(why));
  }
}

void PidFile::remove() noexcept {
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

void move_old_log_aside(const std::string& path, std::int64_t wall_ms) {
  if (path.empty() || ::access(path.c_str(), F_OK) != 0) return;
  std::string time = format_utc(wall_ms);
  time.resize(std::min(time.size(), sizeof "2026-01-31T12:00:00" - 1));
  std::ranges::replace(time, ':', '-');
  const std::string aside = path + "." + time;
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    raise(ErrorCode::OperationFailed, "cannot rename the old log '{}' to '{}': {}", path, aside,
          std::strerror(errno));
  }
}

}  // namespace freshet::app

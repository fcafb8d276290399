// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <ctime>
#include <iterator>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace freshet {
namespace {

constexpr std::size_t kStartupWarningsMax = 200;

std::string_view letter(Severity severity) {
  switch (severity) {
    case Severity::Debug:
      return "D1";
    case Severity::Info:
      return "I";
    case Severity::Warning:
      return "W";
    case Severity::Error:
      return "E";
    case Severity::Fatal:
      return "F";
  }
  return "I";
}

// The kernel's name of the calling thread is what mongod calls the context.
std::string thread_name() {
  char name[16] = "";
  if (::pthread_getname_np(::pthread_self(), name, sizeof name) != 0) return "-";
  return name;
}

int open_append(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// A log that cannot be written is not a reason to stop serving: what does not fit is dropped.
void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

LogValue LogValue::json(std::string_view json) {
  LogValue value(json);
  value.kind_ = Kind::Json;
  return value;
}

void LogValue::append_to(std::string& out) const {
  switch (kind_) {
    case Kind::Bool:
      out += number_ != 0 ? "true" : "false";
      return;
    case Kind::Integer:
      fmt::format_to(std::back_inserter(out), "{}", number_);
      return;
    case Kind::Real:
      if (std::isfinite(real_)) {
        fmt::format_to(std::back_inserter(out), "{}", real_);
      } else {
        out += "null";
      }
      return;
    case Kind::Text:
      append_json_string(out, text_);
      return;
    case Kind::Json:
      out += text_;
      return;
  }
}

Logger::Logger(const Clock& clock, LogOptions options)
    : clock_(clock), options_(std::move(options)), level_(options_.level) {
  MutexLock lock(mutex_);
  if (options_.target == LogOptions::Target::Stderr) file_ = STDERR_FILENO;
  if (options_.target == LogOptions::Target::File) {
    file_ = open_append(options_.path);
    if (file_ < 0) {
      raise(ErrorCode::OperationFailed, "cannot open the log file '{}': errno {}", options_.path,
            errno);
    }
  }
}

Logger::~Logger() {
  MutexLock lock(mutex_);
  if (options_.target == LogOptions::Target::File) ::close(file_);
}

void Logger::write(Severity severity, std::string_view component, std::string_view message,
                   LogAttributes attributes) {
  if (severity < level_) return;
  put(format(severity, component, message, attributes), false);
}

void Logger::startup_warning(std::string_view component, std::string_view message,
                             LogAttributes attributes) {
  put(format(Severity::Warning, component, message, attributes), true);
}

bool Logger::reopen() {
  if (options_.target != LogOptions::Target::File) return true;
  const int fresh = open_append(options_.path);
  if (fresh < 0) return false;
  MutexLock lock(mutex_);
  ::close(file_);
  file_ = fresh;
  return true;
}

Logger::Lines Logger::recent() const {
  MutexLock lock(mutex_);
  return {.lines = {recent_.begin(), recent_.end()}, .written = written_};
}

Logger::Lines Logger::startup_warnings() const {
  MutexLock lock(mutex_);
  return {.lines = startup_warnings_, .written = startup_warnings_.size()};
}

std::string Logger::format(Severity severity, std::string_view component, std::string_view message,
                           LogAttributes attributes) const {
  std::string line = R"({"t":{"$date":")";
  line += format_utc(clock_.wall_ms());
  line += R"("},"s":")";
  line += letter(severity);
  line += R"(","c":)";
  append_json_string(line, component);
  line += R"(,"ctx":)";
  append_json_string(line, thread_name());
  line += R"(,"msg":)";
  append_json_string(line, message);
  if (attributes.size() != 0) {
    line += R"(,"attr":)";
    char before = '{';
    for (const LogAttribute& attribute : attributes) {
      line += before;
      append_json_string(line, attribute.name);
      line += ':';
      attribute.value.append_to(line);
      before = ',';
    }
    line += '}';
  }
  line += '}';
  return line;
}

void Logger::put(std::string line, bool startup_warning) {
  MutexLock lock(mutex_);
  if (file_ >= 0) {
    line += '\n';
    write_all(file_, line);
    line.pop_back();
  }
  if (startup_warning && startup_warnings_.size() < kStartupWarningsMax) {
    startup_warnings_.push_back(line);
  }
  ++written_;
  recent_.push_back(std::move(line));
  if (recent_.size() > options_.lines_kept_max) recent_.pop_front();
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t size = utf8_sequence_size(text);
    if (size == 0) {
      out += "\xEF\xBF\xBD";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
}

std::string format_utc(std::int64_t wall_ms) {
  std::int64_t seconds = wall_ms / 1000;
  std::int64_t ms = wall_ms % 1000;
  if (ms < 0) {
    ms += 1000;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+00:00", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ms);
}

}  // namespace freshet

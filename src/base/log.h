// SPDX-License-Identifier: Apache-2.0
// The structured log: one JSON object per line, in the shape of mongod's, so that its tools read
// ours.
//   {"t":{"$date":"2026-01-31T12:00:00.123+00:00"},"s":"I","c":"NETWORK","ctx":"listener","msg":"…","attr":{…}}
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace freshet {

enum class Severity : std::uint8_t { Debug, Info, Warning, Error, Fatal };

/// What one attribute says: a number, a truth value, or text. Borrows text.
class LogValue {
 public:
  LogValue(bool value)
      : number_(value ? 1 : 0), kind_(Kind::Bool) {}              // NOLINT: literals at the call
  LogValue(int value) : number_(value), kind_(Kind::Integer) {}   // NOLINT
  LogValue(long value) : number_(value), kind_(Kind::Integer) {}  // NOLINT
  LogValue(unsigned value) : number_(value), kind_(Kind::Integer) {}  // NOLINT
  LogValue(unsigned long value)
      : number_(static_cast<std::int64_t>(value)), kind_(Kind::Integer) {}  // NOLINT
  LogValue(double value) : real_(value), kind_(Kind::Real) {}               // NOLINT
  LogValue(std::string_view value) : text_(value), kind_(Kind::Text) {}     // NOLINT
  LogValue(const char* value) : text_(value), kind_(Kind::Text) {}          // NOLINT
  LogValue(const std::string& value) : text_(value), kind_(Kind::Text) {}   // NOLINT
  /// `json` is put in as it is. Requires: one complete JSON value.
  static LogValue json(std::string_view json);

  void append_to(std::string& out) const;

 private:
  enum class Kind : std::uint8_t { Bool, Integer, Real, Text, Json };
  std::int64_t number_ = 0;
  double real_ = 0;
  std::string_view text_;
  Kind kind_;
};

struct LogAttribute {
  std::string_view name;
  LogValue value;
};
using LogAttributes = std::initializer_list<LogAttribute>;

struct LogOptions {
  enum class Target : std::uint8_t { Stderr, File, Nowhere };
  Target target = Target::Stderr;
  std::string path = {};               ///< of the file
  Severity level = Severity::Info;     ///< the least that is written
  std::size_t lines_kept_max = 1'024;  ///< of getLog "global"
};

/// Writes records and keeps the most recent ones for getLog. Thread-safe. Passed as Logger&; there
/// is no global one.
class Logger {
 public:
  /// `clock` must outlive the logger. Throws OperationFailed when the file cannot be opened.
  Logger(const Clock& clock, LogOptions options);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// `component` is mongod's word for the part that speaks: NETWORK, STORAGE, COMMAND, CONTROL, …
  void write(Severity severity, std::string_view component, std::string_view message,
             LogAttributes attributes = {});
  void debug(std::string_view component, std::string_view message, LogAttributes attributes = {}) {
    if (level_ == Severity::Debug) write(Severity::Debug, component, message, attributes);
  }
  void info(std::string_view component, std::string_view message, LogAttributes attributes = {}) {
    write(Severity::Info, component, message, attributes);
  }
  void warning(std::string_view component, std::string_view message,
               LogAttributes attributes = {}) {
    write(Severity::Warning, component, message, attributes);
  }
  void error(std::string_view component, std::string_view message, LogAttributes attributes = {}) {
    write(Severity::Error, component, message, attributes);
  }
  /// A warning that shells show to everyone who connects (getLog "startupWarnings").
  void startup_warning(std::string_view component, std::string_view message,
                       LogAttributes attributes = {});

  /// Closes the file and opens it anew by its name, for SIGHUP and logRotate. False, and the old
  /// file stays in use, when that fails.
  [[nodiscard]] bool reopen();

  /// The lines kept, oldest first, and how many were ever written.
  struct Lines {
    std::vector<std::string> lines;
    std::uint64_t written = 0;
  };
  Lines recent() const;
  Lines startup_warnings() const;

 private:
  std::string format(Severity severity, std::string_view component, std::string_view message,
                     LogAttributes attributes) const;
  void put(std::string line, bool startup_warning);

  const Clock& clock_;
  const LogOptions options_;
  const Severity level_;
  mutable Mutex mutex_;
  int file_ GUARDED_BY(mutex_) = -1;
  std::deque<std::string> recent_ GUARDED_BY(mutex_);
  std::uint64_t written_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> startup_warnings_ GUARDED_BY(mutex_);
};

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// "2026-01-31T12:00:00.123+00:00"
std::string format_utc(std::int64_t wall_ms);

}  // namespace freshet

// SPDX-License-Identifier: Apache-2.0
// The one exception type: a command that fails throws Error through raise(). Expected outcomes are
// values, bugs are invariant(). See the house style, "Errors".
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error_code.h"
#include "base/utf8.h"

namespace freshet {

/// Why a command failed. Becomes one error reply. Copyable, not shared between threads.
class Error : public std::exception {
 public:
  /// Messages quote what clients sent; whatever of it is not UTF-8 is replaced, since drivers
  /// refuse to read a reply that holds it.
  Error(ErrorCode code, std::string message)
      : code_(code), message_(utf8_replaced(std::move(message))) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// MongoDB's error labels ("RetryableWriteError", …), in the order they were added.
  const std::vector<std::string>& labels() const { return labels_; }
  Error& add_label(std::string label) {
    labels_.push_back(std::move(label));
    return *this;
  }

  /// A BSON document whose fields are appended to the error reply (keyPattern, keyValue, errInfo);
  /// empty means none.
  const std::string& extra() const { return extra_; }
  Error& with_extra(std::string bson) {
    extra_ = std::move(bson);
    return *this;
  }

 private:
  ErrorCode code_;
  std::string message_;
  std::vector<std::string> labels_;
  std::string extra_;
};

/// Fails the running command. The message says what was expected, what came, where; no trailing
/// full stop.
template <typename... Args>
[[noreturn]] void raise(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace freshet

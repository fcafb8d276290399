// SPDX-License-Identifier: Apache-2.0
#include "storage/rocksdb/watch.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "base/log.h"

namespace freshet::rocks {
namespace {

class ErrorWatch final : public rocksdb::EventListener {
 public:
  ErrorWatch(std::shared_ptr<Condition> condition, Logger& logger)
      : condition_(std::move(condition)), logger_(logger) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    condition_->background = true;
    const bool log = reason == rocksdb::BackgroundErrorReason::kWriteCallback ||
                     reason == rocksdb::BackgroundErrorReason::kMemTable;
    if (log) condition_->log_failed = true;
    logger_.error("STORAGE", "the engine reports a failure in the background",
                  {{"error", error->ToString()}, {"logFailed", log}});
  }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (!info.new_bg_error.ok()) return;
    condition_->background = false;
    logger_.info("STORAGE", "the engine has recovered from a failure in the background");
  }

 private:
  std::shared_ptr<Condition> condition_;
  Logger& logger_;
};

class MessageForward final : public rocksdb::Logger {
 public:
  explicit MessageForward(freshet::Logger& logger)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), logger_(logger) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, 1024> text;
    const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (length > 0) logger_.warning("STORAGE", text.data());
  }
  void LogHeader(const char*, va_list) override {}  // its options, a page of them

 private:
  freshet::Logger& logger_;
};

}  // namespace

std::shared_ptr<rocksdb::EventListener> watch_errors(std::shared_ptr<Condition> condition,
                                                     Logger& logger) {
  return std::make_shared<ErrorWatch>(std::move(condition), logger);
}

std::shared_ptr<rocksdb::Logger> forward_messages(Logger& logger) {
  return std::make_shared<MessageForward>(logger);
}

}  // namespace freshet::rocks

// SPDX-License-Identifier: Apache-2.0
// A cursor at the end keeps no iterator: an idle reader holds no file and no buffer of the engine.
#include "storage/rocksdb/log_cursor.h"

#include <algorithm>
#include <string>

#include "storage/log_run.h"
#include "storage/rocksdb/status.h"

namespace freshet::rocks {

using storage::LogCursor;
using storage::LogRecord;
using storage::LogRun;
using storage::Position;

namespace {

class Cursor : public LogCursor {
 protected:
  Cursor(const Engine& engine, const LogEnds& ends) : engine_(engine), ends_(ends) {}

  // Dropped records leave markers that a seek would have to step over; the bound spares it that.
  void open() {
    floor_ = log_key(ends_.log_floor());
    lower_ = rocksdb::Slice(floor_);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_;
    iterator_.reset(engine_.db().NewIterator(options, engine_.column(Column::Log)));
  }

  bool at_record() const {
    if (iterator_->Valid()) return true;
    check(iterator_->status(), "read the log");
    return false;
  }

  Position position() const {
    const rocksdb::Slice key = iterator_->key();
    return position_of_log_key({key.data(), key.size()});
  }
  LogRecord record() const { return {position(), iterator_->value().ToString()}; }

  const Engine& engine_;
  const LogEnds& ends_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::string floor_;
  rocksdb::Slice lower_;
};

class Forward final : public Cursor {
 public:
  Forward(const Engine& engine, const LogEnds& ends, Position after)
      : Cursor(engine, ends), at_(after) {}

  std::optional<LogRecord> next() override {
    if (iterator_) {
      iterator_->Next();
      if (at_record()) return step();
      iterator_.reset();  // the end as it was when the iterator was made
    }
    if (ends_.log_end() <= at_) return std::nullopt;
    seek();
    if (at_record()) return step();
    iterator_.reset();
    return std::nullopt;
  }

  /// What is behind the cursor, straight from the engine's memory. To be called first and once.
  LogRun run(Position up_to, std::size_t bytes_max) {
    LogRun run(at_);
    if (ends_.log_end() > at_) {
      run.reserve(bytes_max);
      for (seek(); at_record(); iterator_->Next()) {
        const Position at = position();
        if (at > up_to) break;
        const rocksdb::Slice value = iterator_->value();
        if (!run.fits(value.size(), bytes_max)) return run;
        run.append(at, {value.data(), value.size()});
      }
    }
    run.reach(up_to);
    return run;
  }

 private:
  void seek() {
    open();
    iterator_->Seek(std::max(floor_, log_key(Position(at_.value() + 1))));
  }
  LogRecord step() {
    LogRecord found = record();
    at_ = found.position;
    return found;
  }

  Position at_;
};

class Backward final : public Cursor {
 public:
  Backward(const Engine& engine, const LogEnds& ends, Position before)
      : Cursor(engine, ends), before_(before) {}

  std::optional<LogRecord> next() override {
    if (done_) return std::nullopt;
    if (iterator_) {
      iterator_->Prev();
    } else {
      open();
      if (before_.is_zero()) return end();
      iterator_->SeekForPrev(log_key(Position(before_.value() - 1)));
    }
    return at_record() ? std::optional(record()) : end();
  }

 private:
  std::optional<LogRecord> end() {
    iterator_.reset();
    done_ = true;
    return std::nullopt;
  }

  Position before_;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<LogCursor> read_forward(const Engine& engine, const LogEnds& ends, Position after) {
  return std::make_unique<Forward>(engine, ends, after);
}

LogRun read_run(const Engine& engine, const LogEnds& ends, Position after, Position up_to,
                std::size_t bytes_max) {
  return Forward(engine, ends, after).run(up_to, bytes_max);
}

std::unique_ptr<LogCursor> read_backward(const Engine& engine, const LogEnds& ends,
                                         Position before) {
  return std::make_unique<Backward>(engine, ends, before);
}

}  // namespace freshet::rocks

// SPDX-License-Identifier: Apache-2.0
// A dispatcher that does what its requests say, so that tests can lead the edge into every state:
//   {echo: n}        replies {ok: 1, n}
//   {big: n}         replies with n bytes of text
//   {park: ms}       parks until wake_all() or, ms > 0, that long; replies {ok: 1, woken: bool}
//   {work: n}        asks for a worker, then replies {ok: 1, n}
//   {tell: n}        as work, and promptly
//   {hang: 1}        on a worker, until interrupted
//   {stream: n}      n replies to one request, parked before each but the first for 1 ms
//   {none: 1}        no reply
//   {bye: 1}         replies and closes
// An interrupted exchange replies {ok: 0, code}.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "bson/view.h"
#include "command/client_state.h"
#include "command/exchange.h"

namespace freshet::server {

class FakeDispatcher final : public command::Dispatcher {
 public:
  std::shared_ptr<command::ClientState> connect(std::int64_t id, const std::string& at) override {
    ++connected;
    return std::make_shared<command::ClientState>(id, at);
  }
  void disconnect(command::ClientState&) noexcept override { ++disconnected; }
  std::unique_ptr<command::Exchange> accept(wire::Message message,
                                            std::shared_ptr<command::ClientState>) override;
  std::string refuse(const wire::DecodeResult& result) override {
    std::string out;
    wire::MessageWriter writer(out);
    writer.body().add("ok", 0.0).add("code", static_cast<std::int32_t>(result.code));
    writer.finish({.response_to = result.message.request_id});
    return out;
  }

  /// Makes the condition of every {park: …} true; returns how many waited.
  std::size_t wake_all() {
    std::vector<WakerPtr> wakers;
    {
      MutexLock lock(mutex_);
      wakers.swap(wakers_);
    }
    for (const WakerPtr& waker : wakers)
      waker->wake();
    return wakers.size();
  }
  std::size_t waiting() {
    MutexLock lock(mutex_);
    return wakers_.size();
  }
  void subscribe(const WakerPtr& waker) {
    MutexLock lock(mutex_);
    wakers_.push_back(waker);
  }

  std::atomic<int> connected{0}, disconnected{0};
  std::atomic<int> exchanges{0};  ///< alive now
  std::atomic<int> exchanges_started{0};
  std::atomic<int> hanging{0};  ///< in {hang: 1} now
  std::atomic<int> last_interrupt{0};
  std::atomic<int> afterwards{0};  ///< what {work: 1} leaves to be done behind its reply

 private:
  Mutex mutex_;
  std::vector<WakerPtr> wakers_ GUARDED_BY(mutex_);
};

class FakeExchange final : public command::Exchange {
 public:
  FakeExchange(FakeDispatcher& dispatcher, wire::Message message)
      : dispatcher_(dispatcher), message_(std::move(message)), response_to_(message_.request_id) {
    if (!message_.body.empty()) {
      const bson::Element first = *message_.body.begin();
      name_ = std::string(first.name());
      if (first.type() == bson::Type::Int32) number_ = first.as_int32();
    }
    ++dispatcher_.exchanges;
    ++dispatcher_.exchanges_started;
  }
  ~FakeExchange() override { --dispatcher_.exchanges; }

  command::Step step() override {
    using command::Step;
    if (interrupted_ != 0) return fail();
    const int turn = steps_++;
    if (name_ == "none" || message_.more_to_come()) return Step::NoReply;
    if ((name_ == "work" || name_ == "tell") && turn == 0) return Step::NeedWorker;
    if (name_ == "hang") return turn == 0 ? Step::NeedWorker : hang();
    if (name_ == "park" && turn == 0) return Step::Parked;
    if (name_ == "stream" && turn % 2 == 1) return Step::Parked;
    more_to_come_ = name_ == "stream" && --number_ > 0;
    if (name_ == "work") afterwards_ = [&count = dispatcher_.afterwards] { ++count; };
    reply([&](bson::Builder& body) {
      body.add("ok", 1.0).add("n", number_);
      if (name_ == "park") body.add("woken", dispatcher_.waiting() == 0);
      if (name_ == "big") body.add("text", std::string(static_cast<std::size_t>(number_), 'x'));
    });
    return name_ == "bye" ? Step::Close : Step::Reply;
  }

  bool is_prompt() const override { return name_ == "tell"; }

  Park park() override {
    if (name_ == "stream" || number_ > 0) {
      const auto wait = std::chrono::milliseconds(name_ == "stream" ? 1 : number_);
      return {.subscribe = {}, .deadline = std::chrono::steady_clock::now() + wait};
    }
    return {.subscribe = [this](const WakerPtr& waker) { dispatcher_.subscribe(waker); },
            .deadline = {}};
  }
  std::string take_reply() override { return std::move(reply_); }
  std::function<void()> take_afterwards() override { return std::move(afterwards_); }
  bool more_to_come() const override { return more_to_come_; }
  void interrupt(ErrorCode code) noexcept override {
    interrupted_ = static_cast<int>(code);
    dispatcher_.last_interrupt = static_cast<int>(code);
  }

 private:
  template <typename Fill>
  void reply(Fill fill) {
    reply_.clear();
    wire::MessageWriter writer(reply_);
    fill(writer.body());
    writer.finish({.request_id = response_to_ + 1000,
                   .response_to = response_to_,
                   .more_to_come = more_to_come_});
    if (more_to_come_) response_to_ += 1000;
  }
  command::Step fail() {
    more_to_come_ = false;
    reply([&](bson::Builder& body) { body.add("ok", 0.0).add("code", interrupted_.load()); });
    return command::Step::Reply;
  }
  command::Step hang() {
    ++dispatcher_.hanging;
    while (interrupted_ == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --dispatcher_.hanging;
    return fail();
  }

  FakeDispatcher& dispatcher_;
  wire::Message message_;
  std::string name_;
  std::int32_t number_ = 0;
  std::int32_t response_to_;
  std::string reply_;
  std::function<void()> afterwards_;
  int steps_ = 0;
  bool more_to_come_ = false;
  std::atomic<int> interrupted_{0};
};

inline std::unique_ptr<command::Exchange> FakeDispatcher::accept(
    wire::Message message, std::shared_ptr<command::ClientState>) {
  return std::make_unique<FakeExchange>(*this, std::move(message));
}

}  // namespace freshet::server

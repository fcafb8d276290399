// SPDX-License-Identifier: Apache-2.0
// The floor that a server on this machine stands on: reads each message as little as it can and
// answers with bytes made beforehand. What a workload costs here is the sockets' and the load
// generator's; Freshet divided by it is what the database adds.
//
//   null_server PORT [backlog|same|selective]
//
// How getMore is answered: `backlog` at once with a full batch; `same` when documents are inserted,
// on every connection that waits; `selective` on connection number k, where k is the document's
// field of that name. One thread; for benchmarks only: it trusts its input.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bson/builder.h"
#include "bson/view.h"

namespace {

using namespace freshet;

constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kBodyAt = 21;  // header, flags, section kind
constexpr std::size_t kBatchBytesMax = std::size_t{16} << 20;
constexpr std::int32_t kOpMsg = 2013;

enum class Mode { Backlog, Same, Selective };

std::int32_t int_at(std::string_view bytes, std::size_t at) {
  std::int32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// A whole OP_MSG around `body`; its responseTo is patched when it is sent.
std::string message_of(std::string_view body) {
  const std::int32_t header[] = {static_cast<std::int32_t>(kBodyAt + body.size()), 1, 0, kOpMsg};
  std::string message(reinterpret_cast<const char*>(header), sizeof header);
  message.append(5, '\0').append(body);
  return message;
}

void add_event(bson::Builder& out, std::string_view pad) {
  out.push_document();
  out.open_document("_id").add("_data", std::string(40, 'A')).close();
  out.add("operationType", "insert").add("clusterTime", bson::Timestamp{1, 1});
  out.add_date("wallTime", 1);
  out.open_document("fullDocument");
  out.add("_id", std::int64_t{1}).add("k", std::int32_t{1}).add("t", 1.0).add("s", pad).close();
  out.open_document("ns").add("db", "bench").add("coll", "c").close();
  out.open_document("documentKey").add("_id", std::int64_t{1}).close().close();
}

std::string cursor_reply(std::string_view batch_name, std::int64_t id, std::size_t events) {
  const std::string pad(200, 'x');
  bson::Builder body;
  body.open_document("cursor");
  body.open_array(batch_name);
  for (std::size_t i = 0; i < events; ++i)
    add_event(body, pad);
  body.close();
  body.add("id", id).add("ns", "bench.c").close().add("ok", 1.0);
  body.add("operationTime", bson::Timestamp{1, 1});
  return message_of(body.take());
}

struct Connection {
  int socket = -1;
  std::string input;
  bool waits = false;
};

class NullServer {
 public:
  NullServer(std::uint16_t port, Mode mode) : mode_(mode) {
    bson::Builder done;
    done.add("n", std::int32_t{1}).add("nModified", std::int32_t{1}).add("ok", 1.0);
    done.add("operationTime", bson::Timestamp{1, 1});
    done_ = message_of(done.take());
    found_ = cursor_reply("firstBatch", 0, 1);
    opened_ = cursor_reply("firstBatch", 1, 0);
    full_ = cursor_reply("nextBatch", 1, kBatchBytesMax / 450);
    for (std::size_t events = 1; events <= 1'000; ++events)
      batches_.push_back(cursor_reply("nextBatch", 1, events));
    listen_at(port);
  }

  [[noreturn]] void run() {
    epoll_event events[256];
    for (;;) {
      const int count = ::epoll_wait(poll_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        const auto number = static_cast<std::size_t>(events[i].data.u64);
        number == kListener ? accept_one() : read_from(number);
      }
    }
  }

 private:
  static constexpr std::size_t kListener = ~std::size_t{0};

  void listen_at(std::uint16_t port) {
    const int on = 1;
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 4'096) != 0) {
      fmt::print(stderr, "null_server: port {} cannot be used: {}\n", port, std::strerror(errno));
      std::exit(1);
    }
    watch(listener_, kListener);
    fmt::print("ready on port {}\n", port);
    std::fflush(stdout);
  }

  void watch(int socket, std::size_t number) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = number;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
  }

  void accept_one() {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->socket = socket;
    watch(socket, connections_.size() - 1);
  }

  void read_from(std::size_t number) {
    Connection& connection = *connections_[number];
    const ssize_t count = ::recv(connection.socket, scratch_.get(), kScratchBytes, 0);
    if (count <= 0) {
      ::close(connection.socket);
      connection = {};
      return;
    }
    connection.input.append(scratch_.get(), static_cast<std::size_t>(count));
    std::string_view input = connection.input;
    while (input.size() >= kHeaderBytes &&
           input.size() >= static_cast<std::size_t>(int_at(input, 0))) {
      const auto length = static_cast<std::size_t>(int_at(input, 0));
      answer(connection, input.substr(0, length));
      input.remove_prefix(length);
    }
    connection.input.erase(0, connection.input.size() - input.size());
  }

  void answer(Connection& connection, std::string_view message) {
    const bson::View body(message.substr(kBodyAt));
    const std::string_view command = (*body.begin()).name();
    if (command == "find") return send(connection, found_);
    if (command == "aggregate") {
      streams_.push_back(&connection);
      return send(connection, opened_);
    }
    if (command == "getMore") {
      if (mode_ == Mode::Backlog) return send(connection, full_);
      connection.waits = true;
      return deliver(connection);
    }
    send(connection, done_);
    if (command == "insert" && mode_ != Mode::Backlog) {
      inserted(message.substr(kBodyAt + static_cast<std::size_t>(body.size_bytes())));
    }
  }

  /// `sequence`: the kind-1 section behind the body.
  void inserted(std::string_view sequence) {
    constexpr std::size_t kDocumentsAt = 5 + sizeof "documents";
    if (sequence.size() < kDocumentsAt) return;
    std::size_t count = 0;
    for (sequence.remove_prefix(kDocumentsAt); sequence.size() > 4; ++count) {
      const bson::View document(sequence);
      sequence.remove_prefix(static_cast<std::size_t>(document.size_bytes()));
      if (mode_ != Mode::Selective) continue;
      const auto k = static_cast<std::size_t>(document["k"].as_int32());
      if (k < streams_.size()) owe(*streams_[k], 1);
    }
    if (mode_ != Mode::Same) return;
    for (Connection* stream : streams_)
      owe(*stream, count);
  }

  void owe(Connection& stream, std::size_t events) {
    owed_[&stream] += events;
    deliver(stream);
  }

  void deliver(Connection& stream) {
    std::size_t& owed = owed_[&stream];
    if (owed == 0 || !stream.waits) return;
    const std::size_t events = std::min(owed, batches_.size());
    owed -= events;
    stream.waits = false;
    send(stream, batches_[events - 1]);
  }

  void send(const Connection& connection, std::string_view message) {
    while (!message.empty()) {
      const ssize_t sent = ::send(connection.socket, message.data(), message.size(), MSG_NOSIGNAL);
      if (sent < 0) return;
      message.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  static constexpr std::size_t kScratchBytes = std::size_t{1} << 20;

  const Mode mode_;
  const int poll_ = ::epoll_create1(0);
  int listener_ = -1;
  std::string done_, found_, opened_, full_;
  std::vector<std::string> batches_;  // of 1, 2, … events
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> streams_;
  std::unordered_map<const Connection*, std::size_t> owed_;
  std::unique_ptr<char[]> scratch_{new char[kScratchBytes]};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: null_server PORT [backlog|same|selective]\n");
    return 2;
  }
  const std::string_view name = argc == 3 ? argv[2] : "backlog";
  const Mode mode = name == "same"        ? Mode::Same
                    : name == "selective" ? Mode::Selective
                                          : Mode::Backlog;
  NullServer(static_cast<std::uint16_t>(std::atoi(argv[1])), mode).run();
}

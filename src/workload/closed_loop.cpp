// SPDX-License-Identifier: Apache-2.0
#include "workload/closed_loop.h"

#include <algorithm>
#include <utility>

#include "workload/insert_message.h"
#include "workload/message.h"

namespace freshet::workload {
namespace {

constexpr std::size_t kBulkConnections = 4;
constexpr std::int64_t kKeys = 1'000;
constexpr double kMicroseconds = 1e6;

}  // namespace

ClosedLoop::ClosedLoop(Run& run, Loop& loop, std::size_t connections, std::int64_t requests,
                       std::string_view what, NextMessage next)
    : run_(run), requests_(requests), what_(what), next_(std::move(next)) {
  for (std::size_t i = 0; i < connections; ++i)
    senders_.push_back({.link = std::make_unique<Link>(loop, run.address)});
  times_us_.reserve(static_cast<std::size_t>(requests));
}

void ClosedLoop::start() {
  for (std::size_t i = 0; i < senders_.size(); ++i)
    send_next(i);
}

void ClosedLoop::send_next(std::size_t i) {
  if (sent_ == requests_) return;
  ++sent_;
  Sender& sender = senders_[i];
  const std::string& message = next_(i);
  sender.sent_s = run_.now_s();
  sender.link->request(message, [this, i](bson::View reply) {
    check_reply(reply);
    ended_s_ = run_.now_s();
    times_us_.push_back((ended_s_ - senders_[i].sent_s) * kMicroseconds);
    run_.progress.update(what_, ++answered_, requests_);
    send_next(i);
  });
}

std::unique_ptr<ClosedLoop> bulk_insert(Run& run, Loop& loop, std::string_view collection,
                                        std::int64_t documents, std::int64_t batch,
                                        std::int64_t keys) {
  struct Bulk {
    std::vector<InsertMessage> messages;
    std::int32_t key = 0;
  };
  // Shared because std::function asks for something that can be copied.
  const auto bulk = std::make_shared<Bulk>(Bulk());
  for (std::size_t i = 0; i < kBulkConnections; ++i)
    bulk->messages.emplace_back(run, collection, batch);
  const std::int64_t requests = documents / batch;
  return std::make_unique<ClosedLoop>(run, loop, kBulkConnections, requests, "batches inserted",
                                      [bulk, keys](std::size_t i) -> const std::string& {
                                        InsertMessage& message = bulk->messages[i];
                                        for (std::size_t d = 0; d < message.count(); ++d) {
                                          message.set(d, bulk->key, 0);
                                          bulk->key =
                                              static_cast<std::int32_t>((bulk->key + 1) % keys);
                                        }
                                        message.next_transaction();
                                        return message.bytes();
                                      });
}

void insert_all(Run& run, Loop& loop, std::string_view collection, std::int64_t documents) {
  const std::int64_t batch = std::min(run.options.batch, documents);
  const auto whole = bulk_insert(run, loop, collection, documents, batch, kKeys);
  whole->start();
  loop.run_until([&] { return whole->done(); });
  if (documents % batch == 0) return;
  const auto rest = bulk_insert(run, loop, collection, documents % batch, documents % batch, kKeys);
  rest->start();
  loop.run_until([&] { return rest->done(); });
}

}  // namespace freshet::workload

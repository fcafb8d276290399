// SPDX-License-Identifier: Apache-2.0
// hello, isMaster: who this server is. Awaitable and streamable; see driver-surface.md 1.2.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "command/arguments.h"
#include "command/command_table.h"
#include "command/commands.h"
#include "command/identity.h"
#include "command/primaryship.h"
#include "session/registry.h"
#include "storage/commit/commit_layer.h"
#include "wire/compression.h"

namespace freshet::command {
namespace {

// Drivers ask for ten seconds. Whoever asks for more than a day is told that nothing has changed.
constexpr std::int64_t kAwaitMsMax = 86'400'000;

struct HelloArguments {
  bool hello_ok = false;
  std::optional<bson::View> client;
  std::optional<bson::View> compression;
  std::optional<bson::View> topology_version;
  std::optional<std::int64_t> max_await_time_ms;
};

// Unknown fields are allowed here: newer clients add some, and internal ones send their own.
HelloArguments read_hello(const CommandContext& context) {
  HelloArguments out;
  bool first = true;
  for (const bson::Element& element : context.body) {
    if (std::exchange(first, false)) continue;
    const Field field(context.row.name, element);
    if (element.name() == "helloOk") out.hello_ok = field.boolean();
    if (element.name() == "client") out.client = field.object();
    if (element.name() == "compression") out.compression = field.array();
    if (element.name() == "topologyVersion") out.topology_version = field.object();
    if (element.name() == "maxAwaitTimeMS") out.max_await_time_ms = field.non_negative();
  }
  if (out.topology_version.has_value() != out.max_await_time_ms.has_value()) {
    raise(location(31368), "topologyVersion and maxAwaitTimeMS must be given together");
  }
  return out;
}

void remember_client(CommandContext& context, bson::View client) {
  if (context.client.has_metadata()) return;
  const bson::Element name = client["application"].is_document()
                                 ? client["application"].as_document()["name"]
                                 : bson::Element();
  if (name.is_string() && name.as_string().size() > kApplicationNameBytesMax) {
    raise(location(34463), "the application name is longer than {} bytes",
          kApplicationNameBytesMax);
  }
  context.client.set_metadata(name.is_string() ? std::string(name.as_string()) : std::string(),
                              client.to_string());
}

class Hello final : public Work {
 public:
  Hello(CommandContext& context, bool legacy) : legacy_(legacy), arguments_(read_hello(context)) {
    if (arguments_.client) remember_client(context, *arguments_.client);
    if (arguments_.topology_version && is_current(context)) await(context);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    const SteadyTime now = context.services.clock.steady();
    const Identity& identity = context.services.identity;
    context.services.primaryship.step_up_if_due();
    const bool changed = identity.topology_counter != awaited_counter_;
    if (until_ && now < *until_ && !changed && context.services.commit.accepting()) {
      return Progress::Parked;
    }
    append(context, reply);
    if (arguments_.topology_version && context.message.exhaust_allowed()) {
      context.more_to_come = true;
      await(context);
    }
    return Progress::Done;
  }

  Park park(CommandContext& context) override {
    Primaryship& primaryship = context.services.primaryship;
    const std::optional<SteadyTime> change = primaryship.step_up_due();
    return Park{.subscribe = [&primaryship, counter = awaited_counter_](
                                 const WakerPtr& waker) { primaryship.wait(counter, waker); },
                .deadline = change ? std::min(*change, *until_) : until_};
  }

 private:
  bool is_current(const CommandContext& context) const {
    const bson::Element process = (*arguments_.topology_version)["processId"];
    const bson::Element counter = (*arguments_.topology_version)["counter"];
    return process.type() == bson::Type::ObjectId &&
           process.as_object_id() == context.services.identity.process_id && counter.is_number() &&
           counter.number_as_int64() >= context.services.identity.topology_counter;
  }

  void await(const CommandContext& context) {
    const std::int64_t wait_ms = std::min(*arguments_.max_await_time_ms, kAwaitMsMax);
    awaited_counter_ = context.services.identity.topology_counter;
    until_ = context.services.clock.steady() + Milliseconds(wait_ms);
  }

  void append(CommandContext& context, bson::Builder& reply) const {
    const Identity& identity = context.services.identity;
    if (legacy_ && arguments_.hello_ok) reply.add("helloOk", true);
    identity.append_topology_version(reply);
    reply.open_array("hosts").push(identity.advertised).close();
    reply.add("setName", identity.set_name).add("setVersion", std::int32_t{1});
    const bool primary = identity.is_primary;
    reply.add(legacy_ ? "ismaster" : "isWritablePrimary", primary).add("secondary", !primary);
    if (primary) reply.add("primary", identity.advertised);
    reply.add("me", identity.advertised);
    if (primary) reply.add_object_id("electionId", identity.election_id());
    append_last_write(context, reply);
    const Limits& limits = context.services.limits;
    reply.add("maxBsonObjectSize", static_cast<std::int32_t>(limits.document_bytes_max));
    reply.add("maxMessageSizeBytes", static_cast<std::int32_t>(limits.message_bytes_max));
    reply.add("maxWriteBatchSize", static_cast<std::int32_t>(limits.batch_count_max));
    reply.add_date("localTime", context.services.clock.wall_ms());
    reply.add("logicalSessionTimeoutMinutes", session::timeout_minutes(limits));
    reply.add("connectionId", static_cast<std::int32_t>(context.client.connection_id()));
    reply.add("minWireVersion", kMinWireVersion).add("maxWireVersion", kMaxWireVersion);
    reply.add("readOnly", false);
    append_compression(reply);
  }

  static void append_op_time(bson::Builder& reply, std::string_view name, model::ClusterTime time,
                             std::int64_t term) {
    reply.open_document(name).add("ts", time.timestamp()).add("t", term).close();
  }

  static void append_last_write(CommandContext& context, bson::Builder& reply) {
    const commit::CommitLayer& commit = context.services.commit;
    const std::int64_t term = context.services.identity.term;
    const model::ClusterTime applied = commit.applied();
    const model::ClusterTime visible = commit.visible();
    reply.open_document("lastWrite");
    append_op_time(reply, "opTime", applied, term);
    reply.add_date("lastWriteDate", std::int64_t{applied.seconds()} * 1000);
    append_op_time(reply, "majorityOpTime", visible, term);
    reply.add_date("majorityWriteDate", std::int64_t{visible.seconds()} * 1000);
    reply.close();
  }

  void append_compression(bson::Builder& reply) const {
    if (!arguments_.compression) return;
    std::vector<std::string_view> common;
    for (const bson::Element& offered : *arguments_.compression) {
      if (offered.is_string() && wire::compressor_by_name(offered.as_string())) {
        common.push_back(offered.as_string());
      }
    }
    if (common.empty()) return;
    reply.open_array("compression");
    for (const std::string_view name : common)
      reply.push(name);
    reply.close();
  }

  const bool legacy_;
  const HelloArguments arguments_;
  std::optional<SteadyTime> until_;
  std::int64_t awaited_counter_ = 0;  // of the topology version that the client knows
};

}  // namespace

std::unique_ptr<Work> start_hello(CommandContext& context) {
  return std::make_unique<Hello>(context, false);
}

std::unique_ptr<Work> start_is_master(CommandContext& context) {
  return std::make_unique<Hello>(context, true);
}

}  // namespace freshet::command

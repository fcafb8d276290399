// SPDX-License-Identifier: Apache-2.0
#include "workload/command.h"

#include "base/error.h"
#include "model/uuid.h"
#include "workload/message.h"

namespace freshet::workload {
namespace {

constexpr std::int32_t kNamespaceNotFound = static_cast<std::int32_t>(ErrorCode::NamespaceNotFound);

std::string on_collection(std::string_view command, std::string_view collection) {
  bson::Builder builder;
  builder.add(command, collection).add("$db", kDatabase);
  return builder.take();
}

void add_session(bson::Builder& command, Run& run) {
  command.open_document("lsid");
  model::Uuid::generate(run.random).append_to(command, "id");
  command.close();
}

}  // namespace

void add_read_fields(bson::Builder& command, Run& run) {
  if (run.options.sessions) add_session(command, run);
  command.add("$db", kDatabase);
}

void add_write_fields(bson::Builder& command, Run& run) {
  if (run.options.sessions) {
    add_session(command, run);
    command.add("txnNumber", std::int64_t{0});
  }
  command.open_document("writeConcern");
  if (run.options.majority) {
    command.add("w", "majority").add("j", true);
  } else {
    command.add("w", std::int32_t{1});
  }
  command.close().add("$db", kDatabase);
}

void recreate(Link& link, std::string_view collection) {
  const std::string drop = on_collection("drop", collection);
  const bson::View dropped = link.call_unchecked(make_message(bson::View(drop)));
  const bson::Element code = dropped["code"];
  if (!code.is_number() || code.number_as_int64() != kNamespaceNotFound) check_reply(dropped);
  const std::string create = on_collection("create", collection);
  static_cast<void>(link.run(bson::View(create)));
}

bson::Timestamp next_operation_time(Link& link) {
  bson::Builder ping;
  ping.add("ping", std::int32_t{1}).add("$db", "admin");
  const std::string bytes = ping.take();
  const bson::Element time = link.run(bson::View(bytes))["operationTime"];
  if (time.type() != bson::Type::Timestamp) {
    raise(ErrorCode::NotAReplicaSet,
          "the server tells no operationTime: only members of a replica set have change streams");
  }
  return bson::Timestamp::from(time.as_timestamp().value() + 1);
}

bson::View open_stream(Link& link, std::string_view collection, bson::View options,
                       bson::View filter, std::int64_t batch) {
  bson::Builder command;
  command.add("aggregate", collection).open_array("pipeline");
  command.push_document().add("$changeStream", options).close();
  if (!filter.empty()) command.push_document().add("$match", filter).close();
  command.close().open_document("cursor").add("batchSize", batch).close();
  command.add("$db", kDatabase);
  const std::string bytes = command.take();
  return link.run(bson::View(bytes));
}

std::string get_more(const Run& run, std::int64_t cursor, std::string_view collection,
                     std::int64_t batch) {
  bson::Builder command;
  command.add("getMore", cursor).add("collection", collection);
  if (batch > 0) command.add("batchSize", batch);
  command.add("maxTimeMS", run.options.wait_ms).add("$db", kDatabase);
  const std::string bytes = command.take();
  return make_message(bson::View(bytes));
}

std::string next_token(const Run& run, Link& link, std::int64_t cursor,
                       std::string_view collection) {
  const std::string more = get_more(run, cursor, collection, 1);
  for (;;) {
    const CursorReply reply = read_cursor(link.call(more));
    if (reply.count == 0) continue;
    return reply.batch["0"].as_document()["_id"].as_document().to_string();
  }
}

}  // namespace freshet::workload

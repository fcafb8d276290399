// SPDX-License-Identifier: Apache-2.0
#include "workload/message.h"

#include "base/error.h"
#include "bson/json.h"
#include "wire/message.h"

namespace freshet::workload {
namespace {

[[noreturn]] void refuse(bson::ValueView reason) {
  raise(ErrorCode::OperationFailed, "the server refused: {}",
        reason.is_string() ? std::string(reason.as_string()) : "no reason given");
}

}  // namespace

std::string make_message(bson::View command) {
  std::string message;
  wire::MessageWriter writer(message);
  writer.body().add_all(command);
  writer.finish({.request_id = 1});
  return message;
}

void check_reply(bson::View reply) {
  const bson::Element ok = reply["ok"];
  if (!ok.is_number() || ok.number_as_double() != 1.0) refuse(reply["errmsg"].value());
  if (const bson::Element errors = reply["writeErrors"]; errors.is_array()) {
    const bson::Element first = errors.as_document()["0"];
    refuse(first.is_document() ? first.as_document()["errmsg"].value() : bson::ValueView());
  }
  if (const bson::Element concern = reply["writeConcernError"]; concern.is_document()) {
    refuse(concern.as_document()["errmsg"].value());
  }
}

CursorReply read_cursor(bson::View reply) {
  check_reply(reply);
  const bson::Element cursor = reply["cursor"];
  if (!cursor.is_document()) {
    raise(ErrorCode::ProtocolError, "expected a cursor in the reply, found {}",
          bson::to_json(reply));
  }
  CursorReply out;
  for (const bson::Element& field : cursor.as_document()) {
    if (field.name() == "id" && field.is_number()) out.id = field.number_as_int64();
    if ((field.name() == "firstBatch" || field.name() == "nextBatch") && field.is_array()) {
      out.batch = field.as_document();
      out.count = static_cast<std::int64_t>(out.batch.count());
    }
  }
  return out;
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
#include "stream/error_event.h"

#include "bson/builder.h"
#include "stream/event.h"
#include "stream/stream_error.h"

namespace freshet::stream {
namespace {

constexpr std::string_view kOperationType = "error";

void open_error(bson::Builder& out, ErrorCode code, std::string_view message) {
  out.open_document("error").add("code", static_cast<std::int32_t>(code));
  out.add("codeName", code_name(code)).add("errmsg", message);
}

}  // namespace

bool can_become_event(const Error& error) {
  return error.code() != ErrorCode::NoMatchingDocument;
}

std::string make_error_event(const Change& change, const model::ResumeToken& token,
                             const Error& error) {
  bson::Builder out;
  token.append_to(out, "_id");
  out.add("operationType", kOperationType);
  out.add("clusterTime", change.op.time.timestamp()).add_date("wallTime", change.op.wall_ms);
  out.open_document("ns").add("db", change.db);
  if (!change.coll.empty()) out.add("coll", change.coll);
  out.close();
  if (const bson::Element id = change.op.document_id()) {
    out.open_document("documentKey").add("_id", id.value()).close();
  }
  open_error(out, error.code(), error.message());
  out.close();
  return out.take();
}

model::ResumeToken token_behind(const Gap& gap) {
  return model::ResumeToken::high_water_mark(model::ClusterTime(gap.dropped.value() + 1));
}

std::string make_gap_event(const Gap& gap) {
  bson::Builder out;
  const model::ResumeToken token = token_behind(gap);
  token.append_to(out, "_id");
  out.add("operationType", kOperationType);
  out.add("clusterTime", token.time.timestamp()).add_date("wallTime", gap.wall_ms);
  open_error(out, ErrorCode::ChangeStreamHistoryLost, history_lost_message(gap.after, gap.dropped));
  out.open_document("gap").add("after", gap.after.timestamp());
  out.add("firstAvailable", token.time.timestamp()).close();
  out.close();
  return out.take();
}

}  // namespace freshet::stream

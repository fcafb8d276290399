// SPDX-License-Identifier: Apache-2.0
#include "command/profile_entry.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "bson/builder.h"
#include "bson/readable.h"
#include "command/command_table.h"
#include "command/current_operations.h"

namespace freshet::command {
namespace {

// A longer command is cut: its place in the entry is taken by its beginning as text.
constexpr std::size_t kCommandBytesMax = 50 << 10;

std::string namespace_of(const CommandContext& context) {
  const bson::Element first = *context.body.begin();
  const bson::Element of_cursor = context.body["collection"];
  std::string_view coll = "$cmd";
  if (first.is_string()) coll = first.as_string();
  if (context.row.name == "getMore" && of_cursor.is_string()) coll = of_cursor.as_string();
  return utf8_replaced(std::string(context.db) + "." + std::string(coll));
}

void append_command(const CommandContext& context, bson::Builder& out) {
  if (context.body.size_bytes() <= kCommandBytesMax) {
    out.add("command", bson::View(bson::readable(context.body)));
    return;
  }
  out.open_document("command");
  out.add(*context.body.begin());
  out.add("$truncated", static_cast<std::int64_t>(context.body.size_bytes()));
  out.close();
}

void append_count(bson::Builder& out, std::string_view name, std::int64_t count) {
  if (count >= 0) out.add(name, static_cast<std::int32_t>(count));
}

void append_counts(const CommandCounts& counts, bson::Builder& out) {
  append_count(out, "keysExamined", counts.keys_examined);
  append_count(out, "docsExamined", counts.documents_examined);
  append_count(out, "nreturned", counts.returned);
  append_count(out, "ninserted", counts.inserted);
  append_count(out, "nMatched", counts.matched);
  append_count(out, "nModified", counts.modified);
  append_count(out, "ndeleted", counts.deleted);
}

}  // namespace

std::string profile_entry(const CommandContext& context, const Error* error,
                          std::size_t reply_bytes, std::int64_t millis) {
  if ((context.row.flags & kHandshake) != 0) return {};
  const std::string ns = namespace_of(context);
  if (ns.ends_with(".system.profile")) return {};
  bson::Builder out;
  out.add("op", operation_kind(context.row.name)).add("ns", ns);
  append_command(context, out);
  append_counts(context.counts, out);
  out.add("numYield", std::int32_t{0});
  if (error != nullptr) {
    out.add("ok", 0.0).add("errMsg", error->message()).add("errName", code_name(error->code()));
    out.add("errCode", static_cast<std::int32_t>(error->code()));
  }
  out.add("responseLength", static_cast<std::int32_t>(reply_bytes)).add("protocol", "op_msg");
  out.add("millis", static_cast<std::int32_t>(millis));
  if (!context.counts.plan_summary.empty()) out.add("planSummary", context.counts.plan_summary);
  out.add_date("ts", context.services.clock.wall_ms());
  out.add("client", context.client.info()->address);
  if (!context.client.info()->application_name.empty())
    out.add("appName", context.client.info()->application_name);
  out.open_array("allUsers").close();
  out.add("user", "");
  return out.take();
}

}  // namespace freshet::command

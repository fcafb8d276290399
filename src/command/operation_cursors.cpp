// SPDX-License-Identifier: Apache-2.0
// The cursors that $currentOp shows: those that an operation uses, and those that none does.
#include <utility>

#include "base/operation.h"
#include "bson/builder.h"
#include "command/current_operations.h"
#include "command/identity.h"
#include "command/stream_report.h"

namespace freshet::command {
namespace {

void append_cursor(cursor::CursorInfo info, StreamMeter& meter, const CurrentOpOptions& options,
                   bson::Builder& entry) {
  const std::string command = shown_command(bson::View(info.params.command), options);
  append_cursor_info(info, bson::View(command), entry);
  if (!info.stream) return;
  entry.open_document("freshetStream");
  append_stream_report(meter.measure(std::move(info)), entry);
  entry.close();
}

std::string idle_cursor(const CommandServices& services, StreamMeter& meter,
                        const CurrentOpOptions& options, cursor::CursorInfo info) {
  bson::Builder entry;
  entry.add("type", "idleCursor").add("host", services.identity.advertised);
  entry.add("ns", info.params.ns.full());
  if (info.params.user.session) info.params.user.session->append_to(entry, "lsid");
  if (info.client != nullptr) {
    entry.add("client", info.client->address);
    if (!info.client->application_name.empty()) {
      entry.add("appName", info.client->application_name);
    }
  }
  append_cursor(std::move(info), meter, options, entry);
  return entry.take();
}

}  // namespace

std::vector<std::string> idle_cursors(CommandServices& services, const CurrentOpOptions& options) {
  StreamMeter meter(services);
  std::vector<std::string> entries;
  for (cursor::CursorInfo& info : services.cursors.list()) {
    if (!info.pinned) entries.push_back(idle_cursor(services, meter, options, std::move(info)));
  }
  return entries;
}

CursorsInUse used_cursors(CommandServices& services, const CurrentOpOptions& options) {
  StreamMeter meter(services);
  CursorsInUse used;
  for (cursor::CursorInfo& info : services.cursors.list()) {
    if (!info.pinned) continue;
    const std::int64_t id = info.id;
    bson::Builder fields;
    append_cursor(std::move(info), meter, options, fields);
    used.emplace(id, fields.take());
  }
  return used;
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
#include "command/change_stream_cursor.h"

#include <memory>
#include <utility>

#include "base/error.h"
#include "collection/data.h"
#include "command/cursor_reply.h"
#include "cursor/stream_source.h"
#include "pipeline/plan/let.h"
#include "query/context.h"
#include "stream/change_stream.h"

namespace freshet::command {

namespace {

bool asks_for_expanded_events(bson::View pipeline) {
  const bson::Element body = *pipeline.begin()->as_document().begin();
  return body.is_document() && body.as_document()["showExpandedEvents"].truthy();
}

}  // namespace

cursor::CursorPin open_change_stream(CommandContext& context, const AggregateArguments& arguments) {
  if (arguments.explain) raise(ErrorCode::IllegalOperation, "a change stream cannot be explained");
  if (context.read_concern.level && !context.read_level_by_default &&
      *context.read_concern.level != model::ReadConcern::Level::Majority) {
    raise(ErrorCode::InvalidOptions, "$changeStream needs read concern majority, not '{}'",
          model::to_string(*context.read_concern.level));
  }
  if (context.body["apiStrict"].truthy() && asks_for_expanded_events(arguments.spec.pipeline)) {
    raise(ErrorCode::APIStrictError, "'showExpandedEvents' is not in API Version 1");
  }
  collection::Data& data = context.services.data;
  std::string let;
  if (!arguments.spec.let.empty()) {
    query::QueryContext constants;
    constants.now_ms = context.services.clock.wall_ms();
    Operation* const running = &context.op;
    constants.operation = &running;
    let = pipeline::evaluate_let(arguments.spec.let, constants);
  }
  const stream::StreamServices services{.hub = context.services.hub,
                                        .store = data.store(),
                                        .log_blocks = context.services.log_blocks,
                                        .lookup = context.services.lookup,
                                        .clock = context.services.clock,
                                        .random = context.services.random,
                                        .counters = context.services.stream_counters};
  const stream::StreamRequest request{.ns = arguments.spec.ns,
                                      .pipeline = arguments.spec.pipeline,
                                      .collation = arguments.spec.collation,
                                      .let = let.empty() ? bson::View() : bson::View(let)};
  // What the client saw acknowledged lies before the stream: it begins at what is visible.
  context.operation_time = context.services.hub.visible();
  std::unique_ptr<stream::ChangeStream> opened =
      stream::ChangeStream::open(services, request, context.op);
  cursor::CursorParams params = cursor_params(context, opened->cursor_namespace());
  return context.services.cursors.open(
      std::make_unique<cursor::StreamSource>(std::move(opened), context.services.prepared_batches,
                                             context.services.clock),
      std::move(params));
}

}  // namespace freshet::command

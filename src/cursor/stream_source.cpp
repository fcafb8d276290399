// SPDX-License-Identifier: Apache-2.0
#include "cursor/stream_source.h"

#include "oplog/entry.h"

namespace freshet::cursor {

FillResult StreamSource::fill(Batch& batch, Operation& op) {
  switch (stream_->fill(batch, op)) {
    case stream::StreamFill::Full:
      return FillResult::Full;
    case stream::StreamFill::WouldWait:
      return FillResult::WouldWait;
    case stream::StreamFill::Closed:
      break;
  }
  return FillResult::Exhausted;
}

TailOptions tail_options(stream::StreamHub& hub, const model::Namespace& ns, bool await_data) {
  TailOptions options{.tailable = true, .await_data = await_data};
  if (!await_data) return options;
  using stream::Scope;
  const bool is_log = ns.db == oplog::kDatabase && ns.coll == oplog::kCollection;
  const Scope scope = is_log ? Scope::whole_log() : Scope(Scope::Level::Collection, ns, true);
  // Shared, because std::function copies what it holds.
  const std::shared_ptr<stream::Subscription> subscription =
      hub.attach(stream::Definition::watching(scope));
  options.subscribe = [subscription](const storage::Reader& reader, const WakerPtr& waker) {
    subscription->wait(reader.position(), waker);
  };
  return options;
}

}  // namespace freshet::cursor

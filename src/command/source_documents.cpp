// SPDX-License-Identifier: Apache-2.0
#include "command/source_documents.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "bson/builder.h"
#include "collection/data.h"
#include "command/collection_sizes.h"
#include "command/current_operations.h"
#include "command/identity.h"
#include "session/registry.h"

namespace freshet::command {
namespace {

using Documents = std::vector<std::string>;

catalog::CollectionPtr collection_of(CommandContext& context, const model::Namespace& ns,
                                     std::string_view stage) {
  if (ns.coll.empty()) {
    raise(ErrorCode::InvalidNamespace, "{} requires a collection", stage);
  }
  catalog::CollectionPtr collection = context.services.data.catalog().latest()->find(ns);
  if (!collection) raise(ErrorCode::NamespaceNotFound, "Collection [{}] not found.", ns.full());
  if (collection->is_view()) {
    raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
          ns.full());
  }
  return collection;
}

void append_latency(const catalog::CollectionRuntime& runtime, bson::Builder& out) {
  using catalog::Use;
  const struct {
    std::string_view name;
    std::initializer_list<Use> uses;
  } rows[] = {
      {"reads", {Use::Query, Use::GetMore, Use::ReadCommand}},
      {"writes", {Use::Insert, Use::Update, Use::Remove}},
      {"commands", {Use::WriteCommand}},
  };
  out.open_document("latencyStats");
  for (const auto& row : rows) {
    std::int64_t time_us = 0;
    std::int64_t count = 0;
    for (const Use use : row.uses) {
      const catalog::UseCounter& counter = runtime.uses[static_cast<std::size_t>(use)];
      time_us += counter.time_us.load(std::memory_order_relaxed);
      count += counter.count.load(std::memory_order_relaxed);
    }
    out.open_document(row.name).add("latency", time_us).add("ops", count).close();
  }
  out.open_document("transactions").add("latency", std::int64_t{0}).add("ops", std::int64_t{0});
  out.close().close();
}

Documents collection_stats(CommandContext& context, const model::Namespace& ns,
                           bson::View options) {
  const catalog::CollectionPtr collection = collection_of(context, ns, "$collStats");
  bson::Builder out;
  out.add("ns", ns.full()).add("host", context.services.identity.advertised);
  out.add_date("localTime", context.services.clock.wall_ms());
  for (const bson::Element& option : options) {
    if (option.name() == "count") {
      out.add("count", collection_sizes(context, *collection).documents);
    } else if (option.name() == "latencyStats") {
      append_latency(*collection->runtime, out);
    } else if (option.name() == "storageStats") {
      std::int64_t scale = 1;
      if (option.is_document() && option.as_document()["scale"].is_number()) {
        scale = std::max<std::int64_t>(1, option.as_document()["scale"].number_as_int64());
      }
      out.open_document("storageStats");
      append_collection_stats(context, ns, collection.get(), scale, out);
      out.close();
    } else {
      raise(ErrorCode::Location40415, "BSON field '$collStats.{}' is an unknown field",
            option.name());
    }
  }
  return {out.take()};
}

Documents index_stats(CommandContext& context, const model::Namespace& ns) {
  const catalog::CollectionPtr collection = collection_of(context, ns, "$indexStats");
  Documents out;
  for (const catalog::IndexPtr& index : collection->indexes) {
    bson::Builder entry;
    entry.add("name", index->name).add("key", index->key_pattern());
    entry.add("host", context.services.identity.advertised);
    const std::int64_t since = index->runtime->since_ms.load();
    entry.open_document("accesses").add("ops", index->runtime->uses.load());
    entry.add_date("since", since == 0 ? context.services.identity.started_ms : since).close();
    if (index->building) entry.add("building", true);
    entry.add("spec", bson::View(index->spec));
    out.push_back(entry.take());
  }
  return out;
}

Documents sessions(CommandContext& context) {
  Documents out;
  for (const session::Registry::Known& known : context.services.sessions.list()) {
    bson::Builder entry;
    known.session.append_to(entry, "_id");
    entry.add_date("lastUse", known.last_use_ms);
    out.push_back(entry.take());
  }
  return out;
}

Documents current_operations_asked_for(CommandContext& context, bson::View options) {
  const CurrentOpOptions wanted = read_current_op_options(options);
  Documents documents = current_operations(context.services, wanted);
  if (wanted.idle_cursors) {
    for (std::string& cursor : idle_cursors(context.services, wanted))
      documents.push_back(std::move(cursor));
  }
  return documents;
}

}  // namespace

Documents source_documents(CommandContext& context, const model::Namespace& ns,
                           bson::View pipeline) {
  if (pipeline.empty() || !(*pipeline.begin()).is_document()) return {};
  const bson::View stage = (*pipeline.begin()).as_document();
  if (stage.empty() || !(*stage.begin()).is_document()) return {};
  const std::string_view name = (*stage.begin()).name();
  const bson::View options = (*stage.begin()).as_document();
  if (name == "$collStats") return collection_stats(context, ns, options);
  if (name == "$indexStats") return index_stats(context, ns);
  if (name == "$listSessions") return sessions(context);
  if (name == "$listLocalSessions") {
    if (!ns.coll.empty())
      raise(ErrorCode::InvalidNamespace, "$listLocalSessions must be run with {{aggregate: 1}}");
    return sessions(context);
  }
  if (name == "$currentOp") {
    if (ns.db != "admin" || !ns.coll.empty()) {
      raise(ErrorCode::InvalidNamespace,
            "$currentOp must be run against the 'admin' database with {{aggregate: 1}}");
    }
    return current_operations_asked_for(context, options);
  }
  return {};
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
#include "command/aggregate_arguments.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/error.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/cursor_reply.h"
#include "command/find_arguments.h"
#include "command/parameters.h"

namespace freshet::command {
namespace {

constexpr Argument<AggregateArguments> kArguments[] = {
    {"pipeline",
     [](AggregateArguments& a, const Field& f) {
       a.spec.pipeline = f.array();
       a.has_pipeline = true;
     }},
    {"cursor",
     [](AggregateArguments& a, const Field& f) {
       a.has_cursor = true;
       a.batch_size = read_cursor_batch_size(f);
     }},
    {"explain", [](AggregateArguments& a, const Field& f) { a.explain = f.boolean(); }},
    {"allowDiskUse",
     [](AggregateArguments& a, const Field& f) { a.spec.allow_disk_use = f.boolean(); }},
    {"bypassDocumentValidation",
     [](AggregateArguments& a, const Field& f) { a.output.bypass_validation = f.boolean(); }},
    {"hint", [](AggregateArguments& a, const Field& f) { a.spec.hint = read_hint(f); }},
    {"let", [](AggregateArguments& a, const Field& f) { a.spec.let = f.object(); }},
    {"collation",
     [](AggregateArguments& a, const Field& f) {
       a.spec.collation = f.object();
       a.spec.collation_given = !a.spec.collation.empty();
     }},
    {"fromMongos", [](AggregateArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
    {"needsMerge", [](AggregateArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
};

model::Namespace read_namespace(const CommandContext& context, const bson::Element& first) {
  if (first.is_number()) {
    if (first.number_as_double() != 1.0) {
      raise(ErrorCode::FailedToParse,
            "Invalid command format: the 'aggregate' field must specify a collection name or 1");
    }
    return {std::string(context.db), std::string()};
  }
  if (!first.is_string()) Field("aggregate", first).wrong_type("string");
  model::Namespace ns{std::string(context.db), std::string(first.as_string())};
  if (!ns.coll.starts_with("$cmd")) ns.check();
  check_readable(context, ns);
  return ns;
}

}  // namespace

AggregateArguments read_aggregate_arguments(const CommandContext& context, bson::View body) {
  AggregateArguments out;
  out.spec.ns = read_namespace(context, *body.begin());
  out.spec.allow_disk_use = context.services.parameters.allow_disk_use_by_default();
  read_arguments("aggregate", body, kArguments, out);
  if (!out.has_pipeline) raise_missing_field("aggregate", "pipeline");
  for (const bson::Element& stage : out.spec.pipeline) {
    if (!stage.is_document()) {
      raise(ErrorCode::TypeMismatch, "Each element of the 'pipeline' array must be an object");
    }
  }
  set_read_view(context, out.spec);
  return out;
}

namespace {

bool begins_with(bson::View pipeline, std::string_view name) {
  if (pipeline.empty()) return false;
  const bson::View stage = (*pipeline.begin()).as_document();
  return !stage.empty() && (*stage.begin()).name() == name;
}

// All stages are but these; of $collStats the count is.
bool is_in_stable_api(const bson::Element& stage) {
  constexpr std::string_view kOutside[] = {"$currentOp",    "$indexStats",     "$listLocalSessions",
                                           "$listSessions", "$planCacheStats", "$search"};
  if (stage.name() == "$collStats" && stage.is_document()) {
    for (const bson::Element& field : stage.as_document())
      if (field.name() != "count") return false;
    return true;
  }
  return std::find(std::begin(kOutside), std::end(kOutside), stage.name()) == std::end(kOutside);
}

}  // namespace

bool begins_with_change_stream(bson::View pipeline) {
  return begins_with(pipeline, "$changeStream");
}

bool reads_server_state(bson::View pipeline) {
  return begins_with(pipeline, "$currentOp");
}

void check_stages_in_stable_api(bson::View pipeline) {
  for (const bson::Element& element : pipeline) {
    if (!element.is_document() || element.as_document().empty()) continue;
    const bson::Element stage = *element.as_document().begin();
    if (is_in_stable_api(stage)) continue;
    raise(ErrorCode::APIStrictError,
          "stage {} is not allowed with 'apiStrict: true' in API Version 1", stage.name());
  }
}

}  // namespace freshet::command

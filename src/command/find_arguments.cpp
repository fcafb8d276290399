// SPDX-License-Identifier: Apache-2.0
#include "command/find_arguments.h"

#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/parameters.h"

namespace freshet::command {
namespace {

constexpr Argument<FindArguments> kArguments[] = {
    {"filter", [](FindArguments& a, const Field& f) { a.spec.filter = f.object(); }},
    {"sort", [](FindArguments& a, const Field& f) { a.spec.sort = f.object(); }},
    {"projection", [](FindArguments& a, const Field& f) { a.spec.projection = f.object(); }},
    {"hint", [](FindArguments& a, const Field& f) { a.spec.hint = read_hint(f); }},
    {"skip", [](FindArguments& a, const Field& f) { a.spec.skip = f.non_negative(); }},
    {"limit", [](FindArguments& a, const Field& f) { a.spec.limit = f.non_negative(); }},
    {"batchSize", [](FindArguments& a, const Field& f) { a.batch_size = f.non_negative(); }},
    {"singleBatch", [](FindArguments& a, const Field& f) { a.single_batch = f.boolean(); }},
    {"min", [](FindArguments& a, const Field& f) { a.spec.min = f.object(); }},
    {"max", [](FindArguments& a, const Field& f) { a.spec.max = f.object(); }},
    {"returnKey", [](FindArguments& a, const Field& f) { a.spec.return_key = f.boolean(); }},
    {"showRecordId", [](FindArguments& a, const Field& f) { a.spec.show_record_id = f.boolean(); }},
    {"tailable", [](FindArguments& a, const Field& f) { a.tailable = f.boolean(); }},
    {"awaitData", [](FindArguments& a, const Field& f) { a.await_data = f.boolean(); }},
    {"noCursorTimeout", [](FindArguments& a, const Field& f) { a.no_timeout = f.boolean(); }},
    {"oplogReplay", [](FindArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
    {"allowPartialResults",
     [](FindArguments& a, const Field& f) { a.allow_partial_results = f.boolean(); }},
    {"allowDiskUse", [](FindArguments& a, const Field& f) { a.spec.allow_disk_use = f.boolean(); }},
    {"collation",
     [](FindArguments& a, const Field& f) {
       a.spec.collation = f.object();
       a.spec.collation_given = !a.spec.collation.empty();
     }},
    {"let", [](FindArguments& a, const Field& f) { a.spec.let = f.object(); }},
};

// What is followed to its end is read in the order of insertion.
void check_tailable_sort(const FindArguments& arguments) {
  const bson::View sort = arguments.spec.sort;
  if (!arguments.tailable || sort.empty()) return;
  const bson::Element first = *sort.begin();
  if (sort.count() == 1 && first.name() == "$natural" && first.number_as_double() == 1) return;
  raise(ErrorCode::BadValue, "cannot use tailable option with a sort other than {{$natural: 1}}");
}

}  // namespace

void set_read_view(const CommandContext& context, pipeline::QuerySpec& spec) {
  using Level = model::ReadConcern::Level;
  const Level level = context.read_concern.effective_level();
  const bool visible = level == Level::Majority || level == Level::Linearizable;
  spec.read_point = visible ? commit::ReadPoint::Visible : commit::ReadPoint::Latest;
  spec.view = context.view;
}

FindArguments read_find_arguments(const CommandContext& context, bson::View body) {
  FindArguments out;
  const bson::Element first = *body.begin();
  if (!first.is_string()) {
    raise(ErrorCode::InvalidNamespace, "collection name has invalid type {}",
          bson::type_alias(first.type()));
  }
  out.spec.ns = {std::string(context.db), std::string(first.as_string())};
  out.spec.allow_disk_use = context.services.parameters.allow_disk_use_by_default();
  read_arguments("find", body, kArguments, out);
  if (out.await_data && !out.tailable) {
    raise(ErrorCode::FailedToParse, "Cannot set 'awaitData' without also setting 'tailable'");
  }
  if (out.tailable && out.single_batch) {
    raise(ErrorCode::BadValue, "cannot use tailable option with the 'singleBatch' option");
  }
  check_tailable_sort(out);
  out.spec.tailable = out.tailable;
  set_read_view(context, out.spec);
  // Waiting for data waits for what is visible, so that is what a tailing cursor reads.
  if (out.tailable) out.spec.read_point = commit::ReadPoint::Visible;
  return out;
}

void check_view_options(const CommandContext& context, const FindArguments& arguments) {
  const pipeline::FindSpec& spec = arguments.spec;
  const bool natural = !spec.sort.empty() && (*spec.sort.begin()).name() == "$natural";
  const struct {
    bool given;
    std::string_view name;
  } options[] = {
      {!spec.min.empty(), "min"},
      {!spec.max.empty(), "max"},
      {spec.return_key, "returnKey"},
      {spec.show_record_id, "showRecordId"},
      {arguments.tailable, "tailable"},
      {arguments.no_timeout, "noCursorTimeout"},
      {arguments.allow_partial_results, "allowPartialResults"},
      {natural, "sort: {$natural}"},
  };
  for (const auto& option : options) {
    if (!option.given) continue;
    const catalog::CollectionPtr found =
        context.services.data.catalog().latest()->find(arguments.spec.ns);
    if (!found || !found->is_view()) return;
    raise(ErrorCode::InvalidPipelineOperator, "Option {} not supported in aggregation",
          option.name);
  }
}

void check_readable(const CommandContext& context, const model::Namespace& ns) {
  constexpr std::string_view kBuckets = "system.buckets.";
  if (!ns.coll.starts_with(kBuckets)) return;
  const catalog::CollectionPtr of = context.services.data.catalog().latest()->find(
      ns.db, std::string_view(ns.coll).substr(kBuckets.size()));
  if (!of || !of->is_time_series()) return;
  raise(ErrorCode::CommandNotSupported,
        "this server keeps the documents of {} as they are, not in buckets", of->full_name);
}

}  // namespace freshet::command

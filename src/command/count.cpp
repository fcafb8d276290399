// SPDX-License-Identifier: Apache-2.0
// count: how many documents match.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <utility>

#include "base/error.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/plan_notes.h"
#include "command/plan_services.h"
#include "command/query_arguments.h"
#include "pipeline/plan/pre_images.h"

namespace freshet::command {
namespace {

constexpr Argument<CountArguments> kArguments[] = {
    {"query", [](CountArguments& a, const Field& f) { a.spec.filter = f.object(); }},
    {"limit", [](CountArguments& a, const Field& f) { a.limit = f.integer(); }},
    {"skip", [](CountArguments& a, const Field& f) { a.skip = f.non_negative(); }},
    {"hint", [](CountArguments& a, const Field& f) { a.spec.hint = read_hint(f); }},
    {"collation",
     [](CountArguments& a, const Field& f) {
       a.spec.collation = f.object();
       a.spec.collation_given = !a.spec.collation.empty();
     }},
    {"fields", [](CountArguments&, const Field& f) { static_cast<void>(f.object()); }},
};

class Count final : public Work {
 public:
  explicit Count(CommandContext& context)
      : arguments_(read_count_arguments(context, context.body)) {
    if (!arguments_.spec.ns.coll.starts_with("$cmd")) arguments_.spec.ns.check();
    check_readable(context, arguments_.spec.ns);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    std::int64_t n = 0;
    if (!fast_count(context, n)) {
      if (!context.on_worker) return Progress::NeedWorker;
      const auto plan =
          pipeline::plan_find(plan_services(context.services), arguments_.spec, context.op);
      note_plan(context, *plan);
      while (plan->root().next(context.op))
        ++n;
      note_examined(context, *plan);
    }
    n = std::max<std::int64_t>(0, n - arguments_.skip);
    if (arguments_.limit > 0) n = std::min(n, arguments_.limit);
    if (n <= std::numeric_limits<std::int32_t>::max()) {
      reply.add("n", static_cast<std::int32_t>(n));
    } else {
      reply.add("n", n);
    }
    return Progress::Done;
  }

  Park park(CommandContext&) override { return {}; }

 private:
  // Without a filter the collection knows the answer.
  bool fast_count(CommandContext& context, std::int64_t& n) const {
    if (!arguments_.spec.filter.empty() || !arguments_.spec.hint.missing()) return false;
    const catalog::CollectionPtr collection =
        context.services.data.catalog().latest()->find(arguments_.spec.ns);
    if (pipeline::is_pre_images(arguments_.spec.ns)) return false;
    if (!collection) return true;
    if (collection->is_view() || collection->is_oplog()) return false;
    context.used = collection->runtime;
    n = collection->runtime->documents.load();
    return true;
  }

  CountArguments arguments_;
};

}  // namespace

model::Namespace namespace_of(const CommandContext& context, bson::View body) {
  const bson::Element first = *body.begin();
  if (!first.is_string()) {
    raise(ErrorCode::InvalidNamespace, "collection name has invalid type {}",
          bson::type_alias(first.type()));
  }
  return {std::string(context.db), std::string(first.as_string())};
}

CountArguments read_count_arguments(const CommandContext& context, bson::View body) {
  CountArguments out;
  out.spec.ns = namespace_of(context, body);
  read_arguments("count", body, kArguments, out);
  if (out.limit == std::numeric_limits<std::int64_t>::min()) {
    raise(ErrorCode::BadValue, "limit must fit into a positive number");
  }
  out.limit = std::abs(out.limit);
  out.spec.counts = true;
  const bool fits = out.limit <= std::numeric_limits<std::int64_t>::max() - out.skip;
  if (out.limit > 0 && fits) out.spec.limit = out.skip + out.limit;
  set_read_view(context, out.spec);
  return out;
}

std::unique_ptr<Work> start_count(CommandContext& context) {
  return std::make_unique<Count>(context);
}

}  // namespace freshet::command

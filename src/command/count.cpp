// SPDX-License-Identifier: Apache-2.0
// count: how many documents match.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/find_arguments.h"
#include "command/plan_notes.h"
#include "command/plan_services.h"

namespace freshet::command {
namespace {

struct CountArguments {
  pipeline::FindSpec spec;
  std::int64_t limit = 0;
  std::int64_t skip = 0;
};

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
  explicit Count(CommandContext& context) {
    arguments_.spec.ns = context.collection_namespace();
    if (!arguments_.spec.ns.coll.starts_with("$cmd")) arguments_.spec.ns.check();
    read_arguments("count", context.body, kArguments, arguments_);
    check_readable(context, arguments_.spec.ns);
    if (arguments_.limit == std::numeric_limits<std::int64_t>::min()) {
      raise(ErrorCode::BadValue, "limit must fit into a positive number");
    }
    arguments_.limit = std::abs(arguments_.limit);
    set_read_view(context, arguments_.spec);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    std::int64_t n = 0;
    if (!fast_count(context, n)) {
      if (!context.on_worker) return Progress::NeedWorker;
      const std::int64_t enough = arguments_.limit > 0 ? arguments_.skip + arguments_.limit : 0;
      const auto plan =
          pipeline::plan_find(plan_services(context.services), arguments_.spec, context.op);
      note_plan(context, *plan);
      while (plan->root().next(context.op)) {
        if (++n == enough) break;
      }
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
    if (!collection) return true;
    if (collection->is_view() || collection->is_oplog()) return false;
    context.used = collection->runtime;
    n = collection->runtime->documents.load();
    return true;
  }

  CountArguments arguments_;
};

}  // namespace

std::unique_ptr<Work> start_count(CommandContext& context) {
  return std::make_unique<Count>(context);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
// distinct: the different values a path has in the matching documents.
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "bson/key.h"
#include "bson/value.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/plan_services.h"
#include "command/query_arguments.h"
#include "query/collation.h"
#include "query/path.h"

namespace freshet::command {
namespace {

constexpr Argument<DistinctArguments> kArguments[] = {
    {"key",
     [](DistinctArguments& a, const Field& f) {
       a.spec.distinct = f.string();
       a.has_key = true;
     }},
    {"query", [](DistinctArguments& a, const Field& f) { a.spec.filter = f.object(); }},
    {"hint", [](DistinctArguments& a, const Field& f) { a.spec.hint = read_hint(f); }},
    {"collation",
     [](DistinctArguments& a, const Field& f) {
       a.spec.collation = f.object();
       a.spec.collation_given = !a.spec.collation.empty();
     }},
};

/// Calls visit(value) for everything that `path` leads to from part `at` on: through the elements
/// of arrays, or to one of them where a part is a number; an array at the end gives its elements.
template <typename Visit>
void visit_values(const query::Path& path, std::size_t at, bson::ValueView value,
                  const Visit& visit) {
  if (at == path.size()) {
    if (!value.is_array()) {
      if (!value.missing()) visit(value);
      return;
    }
    for (const bson::Element& element : value.as_document())
      visit(element.value());
    return;
  }
  if (value.is_document() || (value.is_array() && path.index(at) != query::Path::kNoIndex)) {
    visit_values(path, at + 1, value.as_document()[path.part(at)], visit);
  } else if (value.is_array()) {
    for (const bson::Element& element : value.as_document()) {
      if (element.is_document()) visit_values(path, at, element, visit);
    }
  }
}

/// The values found so far, in the reply's array.
class DifferentValues {
 public:
  DifferentValues(const query::Collation* collation, Operation& op, bson::Builder& reply)
      : collation_(collation), op_(op), reply_(reply) {}

  void add(bson::ValueView value) {
    std::string key;
    bson::append_key(key, value, false, collation_);
    if (!seen_.insert(std::move(key)).second) return;
    bytes_ += value.raw().size() + kOverheadBytes;
    if (bytes_ > kReplyBytesMax) raise(location(17217), "distinct too big, 16mb cap");
    op_.use_memory(value.raw().size() + 2 * kOverheadBytes);
    reply_.push(value);
  }

 private:
  static constexpr std::size_t kOverheadBytes = 16;
  static constexpr std::size_t kReplyBytesMax = std::size_t{16} << 20;

  const query::Collation* collation_;
  Operation& op_;
  bson::Builder& reply_;
  std::set<std::string> seen_;
  std::size_t bytes_ = 0;
};

class Distinct final : public Work {
 public:
  explicit Distinct(CommandContext& context)
      : arguments_(read_distinct_arguments(context, context.body)) {
    arguments_.spec.ns.check();
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (!context.on_worker) return Progress::NeedWorker;
    const auto plan =
        pipeline::plan_find(plan_services(context.services), arguments_.spec, context.op);
    std::unique_ptr<query::Collation> own;
    const query::Collation* collation =
        plan->collection() ? plan->collection()->collation.get() : nullptr;
    if (arguments_.spec.collation_given) {
      own = query::parse_collation(arguments_.spec.collation);
      collation = own.get();
    }
    reply.open_array("values");
    DifferentValues values(collation, context.op, reply);
    const query::Path path(arguments_.spec.distinct);
    while (const std::optional<bson::View> document = plan->root().next(context.op)) {
      visit_values(path, 0, bson::ValueView::document(*document),
                   [&](bson::ValueView value) { values.add(value); });
    }
    reply.close();
    return Progress::Done;
  }

  Park park(CommandContext&) override { return {}; }

 private:
  DistinctArguments arguments_;
};

}  // namespace

DistinctArguments read_distinct_arguments(const CommandContext& context, bson::View body) {
  DistinctArguments out;
  out.spec.ns = namespace_of(context, body);
  read_arguments("distinct", body, kArguments, out);
  if (!out.has_key) raise_missing_field("distinct", "key");
  if (out.spec.distinct.empty())
    raise(ErrorCode::EmptyFieldName, "distinct: the key must not be empty");
  if (out.spec.distinct.find('\0') != std::string::npos) {
    raise(location(31032), "distinct: the key must not contain a null byte");
  }
  out.spec.read_point = read_point(context);
  return out;
}

std::unique_ptr<Work> start_distinct(CommandContext& context) {
  return std::make_unique<Distinct>(context);
}

}  // namespace freshet::command

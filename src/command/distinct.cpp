// SPDX-License-Identifier: Apache-2.0
// distinct: the different values a path has in the matching documents.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "bson/key.h"
#include "bson/value.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"
#include "command/commands.h"
#include "command/plan_notes.h"
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

// Visits what stands at the end of a path: through arrays of documents, at one position where the
// path says so, and the elements of an array at the end instead of the array.
template <typename Visit>
void visit_values(const query::Path& path, std::size_t part, bson::View from, const Visit& visit) {
  const bson::Element value = from[path.part(part)];
  if (part + 1 == path.size()) {
    if (!value.is_array()) {
      if (value) visit(value.value());
      return;
    }
    for (const bson::Element& element : value.as_document())
      visit(element.value());
    return;
  }
  if (value.is_document()) return visit_values(path, part + 1, value.as_document(), visit);
  if (!value.is_array()) return;
  if (path.index(part + 1) != query::Path::kNoIndex) {
    return visit_values(path, part + 1, value.as_document(), visit);
  }
  for (const bson::Element& element : value.as_document()) {
    if (element.is_document() || element.is_array())
      visit_values(path, part + 1, element.as_document(), visit);
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
    check_readable(context, arguments_.spec.ns);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (!context.on_worker) return Progress::NeedWorker;
    const auto plan =
        pipeline::plan_find(plan_services(context.services), arguments_.spec, context.op);
    context.operation_time = plan->first_reader()->position();
    use_collation(context);
    note_plan(context, *plan);
    reply.open_array("values");
    DifferentValues values(collation_, context.op, reply);
    const query::Path path(arguments_.spec.distinct);
    while (const std::optional<bson::View> document = plan->root().next(context.op)) {
      visit_values(path, 0, *document, [&](bson::ValueView value) { values.add(value); });
    }
    reply.close();
    if (!context.at_cluster_time.is_zero()) {
      reply.add("atClusterTime", context.at_cluster_time.timestamp());
    }
    note_examined(context, *plan);
    return Progress::Done;
  }

  Park park(CommandContext&) override { return {}; }

 private:
  // What counts as one value is the collection's matter, or the view's, unless the command says so.
  void use_collation(CommandContext& context) {
    const catalog::StatePtr state =
        context.view ? context.view->catalog : context.services.data.catalog().latest();
    named_ = state->find(arguments_.spec.ns);
    if (arguments_.spec.collation_given) {
      own_collation_ = query::parse_collation(arguments_.spec.collation);
      collation_ = own_collation_.get();
    } else if (named_) {
      collation_ = named_->collation.get();
    }
  }

  DistinctArguments arguments_;
  catalog::CollectionPtr named_;  // keeps collation_
  std::unique_ptr<query::Collation> own_collation_;
  const query::Collation* collation_ = nullptr;
};

}  // namespace

DistinctArguments read_distinct_arguments(const CommandContext& context, bson::View body) {
  DistinctArguments out;
  out.spec.ns = namespace_of(context, body);
  read_arguments("distinct", body, kArguments, out);
  if (!out.has_key) raise_missing_field("distinct", "key");
  if (out.spec.distinct.find('\0') != std::string::npos) {
    raise(location(31032), "distinct: the key must not contain a null byte");
  }
  set_read_view(context, out.spec);
  return out;
}

std::unique_ptr<Work> start_distinct(CommandContext& context) {
  return std::make_unique<Distinct>(context);
}

}  // namespace freshet::command

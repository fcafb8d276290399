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
#include "command/find_arguments.h"
#include "command/plan_notes.h"
#include "command/plan_services.h"
#include "query/collation.h"
#include "query/path.h"

namespace freshet::command {
namespace {

// Of the array in the reply, which must fit into one document.
constexpr std::size_t kValuesBytesMax = std::size_t{16} << 20;
constexpr std::size_t kElementOverheadBytes = 16;

struct DistinctArguments {
  pipeline::FindSpec spec;
  std::optional<std::string> key;
};

constexpr Argument<DistinctArguments> kArguments[] = {
    {"key", [](DistinctArguments& a, const Field& f) { a.key = std::string(f.string()); }},
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

class Distinct final : public Work {
 public:
  explicit Distinct(CommandContext& context) {
    arguments_.spec.ns = context.collection_namespace();
    arguments_.spec.ns.check();
    read_arguments("distinct", context.body, kArguments, arguments_);
    check_readable(context, arguments_.spec.ns);
    if (!arguments_.key) raise_missing_field("distinct", "key");
    if (arguments_.key->find('\0') != std::string::npos) {
      raise(location(31032), "distinct: the key must not contain a null byte");
    }
    set_read_view(context, arguments_.spec);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (!context.on_worker) return Progress::NeedWorker;
    const auto plan =
        pipeline::plan_find(plan_services(context.services), arguments_.spec, context.op);
    context.operation_time = plan->first_reader()->position();
    use_collation(context);
    note_plan(context, *plan);
    reply.open_array("values");
    const query::Path path(*arguments_.key);
    while (const std::optional<bson::View> document = plan->root().next(context.op)) {
      visit_values(path, 0, *document,
                   [&](bson::ValueView value) { add(context.op, value, reply); });
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

  void add(Operation& op, bson::ValueView value, bson::Builder& reply) {
    std::string key;
    bson::append_key(key, value, false, collation_);
    if (!seen_.insert(std::move(key)).second) return;
    const std::size_t bytes = value.raw().size() + kElementOverheadBytes;
    bytes_ += bytes;
    if (bytes_ > kValuesBytesMax) raise(location(17217), "distinct too big, 16mb cap");
    op.use_memory(bytes);
    reply.push(value);
  }

  DistinctArguments arguments_;
  catalog::CollectionPtr named_;  // keeps collation_
  std::unique_ptr<query::Collation> own_collation_;
  const query::Collation* collation_ = nullptr;
  std::set<std::string> seen_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Work> start_distinct(CommandContext& context) {
  return std::make_unique<Distinct>(context);
}

}  // namespace freshet::command

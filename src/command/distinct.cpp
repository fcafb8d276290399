// SPDX-License-Identifier: Apache-2.0
// distinct: the different values a path has in the matching documents.
#include <algorithm>
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
#include "command/find_arguments.h"
#include "command/plan_services.h"
#include "query/collation.h"
#include "query/path.h"

namespace freshet::command {
namespace {

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

class Distinct final : public Work {
 public:
  explicit Distinct(CommandContext& context) {
    arguments_.spec.ns = context.collection_namespace();
    arguments_.spec.ns.check();
    read_arguments("distinct", context.body, kArguments, arguments_);
    if (!arguments_.key) raise_missing_field("distinct", "key");
    if (arguments_.key->empty())
      raise(ErrorCode::EmptyFieldName, "distinct: the key must not be empty");
    if (arguments_.key->find('\0') != std::string::npos) {
      raise(location(31032), "distinct: the key must not contain a null byte");
    }
    arguments_.spec.read_point = read_point(context);
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (!context.on_worker) return Progress::NeedWorker;
    std::unique_ptr<query::Collation> own;
    const query::Collation* collation = nullptr;
    const auto plan =
        pipeline::plan_find(plan_services(context.services), arguments_.spec, context.op);
    if (plan->collection()) collation = plan->collection()->collation.get();
    if (arguments_.spec.collation_given) {
      own = query::parse_collation(arguments_.spec.collation);
      collation = own.get();
    }
    reply.open_array("values");
    std::set<std::string> seen;
    std::size_t bytes = 0;
    const query::Path path(*arguments_.key);
    while (const std::optional<bson::View> document = plan->root().next(context.op)) {
      query::visit_path(path, *document, query::LeafArrays::Open,
                        [&](bson::ValueView value, std::size_t) {
                          if (value.missing() || is_opened_array(path, *document, value))
                            return false;
                          std::string key;
                          bson::append_key(key, value, false, collation);
                          if (!seen.insert(std::move(key)).second) return false;
                          bytes += value.raw().size() + 16;
                          if (bytes > (std::size_t{16} << 20)) {
                            raise(location(17217), "distinct too big, 16mb cap");
                          }
                          context.op.use_memory(value.raw().size() + 64);
                          reply.push(value);
                          return false;
                        });
    }
    reply.close();
    return Progress::Done;
  }

  Park park(CommandContext&) override { return {}; }

 private:
  // The walk gives an array's elements and then the array itself; distinct wants the elements only.
  static bool is_opened_array(const query::Path& path, bson::View document, bson::ValueView value) {
    if (!value.is_array()) return false;
    return !inside_array(path, document, value);
  }
  // True when `value` is an element of an array at the end of the path (a nested array), not that
  // array.
  static bool inside_array(const query::Path& path, bson::View document, bson::ValueView value) {
    bool inside = false;
    query::visit_path(path, document, query::LeafArrays::Whole,
                      [&](bson::ValueView whole, std::size_t) {
                        if (whole.is_array() && whole.raw().data() < value.raw().data() &&
                            value.raw().data() < whole.raw().data() + whole.raw().size()) {
                          inside = true;
                        }
                        return inside;
                      });
    return inside;
  }

  DistinctArguments arguments_;
};

}  // namespace

std::unique_ptr<Work> start_distinct(CommandContext& context) {
  return std::make_unique<Distinct>(context);
}

}  // namespace freshet::command

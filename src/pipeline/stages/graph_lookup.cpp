// SPDX-License-Identifier: Apache-2.0
// $graphLookup: breadth first along references from document to document.
#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "bson/compare.h"
#include "pipeline/stages/equality.h"
#include "pipeline/stages/set_path.h"
#include "pipeline/stages/stages.h"
#include "query/expression/expression.h"
#include "query/expression/integral.h"
#include "query/matcher.h"

namespace freshet::pipeline {
namespace {

using bson::Value;
using bson::View;

struct GraphOptions {
  std::string database;
  std::string from;
  std::string as;
  std::unique_ptr<const query::CompiledExpression> start_with;
  query::Path connect_from;
  std::string connect_to;
  std::string depth_field;                ///< empty: none
  std::optional<std::int64_t> depth_max;  ///< nothing: no bound
  std::string restrict;                   ///< a filter; empty document: none
};

struct ValueHash {
  const bson::StringOrder* collation;
  std::size_t operator()(const Value& value) const { return bson::hash(value.view(), collation); }
};
struct ValueEqual {
  const bson::StringOrder* collation;
  bool operator()(const Value& a, const Value& b) const {
    return bson::equal(a.view(), b.view(), collation);
  }
};
using ValueSet = std::unordered_set<Value, ValueHash, ValueEqual>;

class GraphLookupStage final : public ExplainedStage {
 public:
  GraphLookupStage(StagePtr source, const StageSpec& spec, const GraphOptions& options,
                   BuildContext& context)
      : ExplainedStage(std::move(source), spec), options_(options), context_(context) {}

  std::optional<View> next(Operation& op) override {
    const auto document = source().next(op);
    if (!document) return std::nullopt;
    const std::string kept = document->to_string();
    const std::string found = search(op, View(kept));
    const bson::ValueView array(bson::Type::Array, found.data(),
                                static_cast<std::uint32_t>(found.size()));
    current_ = with_path(View(kept), options_.as, array);
    return View(current_);
  }

 private:
  ValueSet empty_set() const {
    const auto* collation = context_.query.collation;
    return ValueSet(16, ValueHash{collation}, ValueEqual{collation});
  }

  std::vector<Value> start(View document) const {
    const Value value = options_.start_with->evaluate(document, context_.query);
    std::vector<Value> out;
    if (value.view().is_array()) {
      for (const auto& element : value.view().as_document())
        out.push_back(Value::copy(element));
    } else if (!value.missing()) {
      out.push_back(value.owned());
    }
    return out;
  }

  /// Counts what the search remembers. It stays in memory whatever allowDiskUse says, as in
  /// MongoDB 8.0.
  void remember(std::size_t bytes) {
    remembered_ += bytes;
    if (remembered_ > context_.spill.stage_bytes_max) {
      raise(location(40099), "$graphLookup reached maximum memory consumption: {} bytes",
            context_.spill.stage_bytes_max);
    }
  }

  /// Those of `values` that were not asked for before, in `frontier`.
  void add_to_frontier(std::vector<Value>& values, ValueSet& asked, std::vector<Value>& frontier) {
    for (Value& value : values) {
      if (!asked.insert(value).second) continue;
      remember(2 * (value.view().raw().size() + sizeof(Value)));
      frontier.push_back(std::move(value));
    }
    values.clear();
  }

  /// The array of all documents reached.
  std::string search(Operation& op, View document) {
    remembered_ = 0;
    ValueSet asked = empty_set();
    ValueSet reached = empty_set();
    bson::Builder out;
    std::vector<Value> frontier;
    std::vector<Value> values = start(document);
    add_to_frontier(values, asked, frontier);
    for (std::int64_t depth = 0; !options_.depth_max || depth <= *options_.depth_max; ++depth) {
      if (frontier.empty()) break;
      const std::string filter =
          equal_to_any(options_.connect_to, frontier, View(options_.restrict));
      frontier.clear();
      const StagePtr scan = context_.collections->open(options_.database, options_.from,
                                                       View(filter), context_.query);
      while (const auto found = scan->next(op)) {
        op.check();
        if (!reached.insert(Value::copy((*found)["_id"])).second) continue;
        remember(found->size_bytes() + 64);
        append(out, *found, depth);
        collect_values(options_.connect_from, *found, false, values);
        add_to_frontier(values, asked, frontier);
      }
    }
    return out.take();
  }

  void append(bson::Builder& out, View document, std::int64_t depth) const {
    if (options_.depth_field.empty()) {
      out.push(document);
      return;
    }
    const std::string with_depth = with_path(document, options_.depth_field, Value::int64(depth));
    out.push(View(with_depth));
  }

  const GraphOptions& options_;
  BuildContext& context_;
  std::size_t remembered_ = 0;  // bytes, of the search under way
  std::string current_;
};

class GraphLookupSpec final : public StageSpec {
 public:
  GraphLookupSpec(const StageTraits& traits, bson::Element body, GraphOptions options)
      : StageSpec(traits, body), options_(std::move(options)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    if (context.collections == nullptr)
      raise(ErrorCode::IllegalOperation, "$graphLookup needs collections");
    return std::make_unique<GraphLookupStage>(std::move(source), *this, options_, context);
  }
  bool is_one_to_one() const override { return true; }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    out.push_back({options_.database, options_.from, false});
  }

 private:
  GraphOptions options_;
};

std::int64_t depth_argument(bson::Element element) {
  if (!element.is_number())
    raise(location(40100), "maxDepth requires numeric argument, found type: {}",
          bson::type_alias(element.type()));
  if (element.number_as_double() < 0)
    raise(location(40101), "maxDepth requires a nonnegative argument");
  if (!query::is_integral_int64(element))
    raise(location(40102), "maxDepth could not be represented as a long long");
  return element.number_as_int64();
}

std::string field_argument(bson::Element element) {
  if (!element.is_string()) {
    raise(location(40103), "expected string as argument for {}, found: {}", element.name(),
          bson::type_alias(element.type()));
  }
  return std::string(element.as_string());
}

std::string path_argument(bson::Element element) {
  std::string path = field_argument(element);
  query::check_field_path(path);
  return path;
}

GraphOptions read_options(View body, const PipelineContext& context) {
  GraphOptions out;
  out.database = context.database;
  out.restrict = View().to_string();
  std::string connect_from;
  for (const auto& element : body) {
    const std::string_view name = element.name();
    if (name == "startWith") {
      out.start_with = std::make_unique<query::CompiledExpression>(element, context.query);
    } else if (name == "maxDepth") {
      out.depth_max = depth_argument(element);
    } else if (name == "restrictSearchWithMatch") {
      if (!element.is_document()) {
        raise(location(40185), "restrictSearchWithMatch must be an object, found {}",
              bson::type_alias(element.type()));
      }
      static_cast<void>(query::Matcher(element.as_document(), context.query));
      out.restrict = element.as_document().to_string();
    } else if (name == "from") {
      if (!element.is_string())
        raise(ErrorCode::FailedToParse, "$graphLookup argument 'from' must be a string");
      out.from = element.as_string();
    } else if (name == "as") {
      out.as = path_argument(element);
    } else if (name == "connectFromField") {
      connect_from = path_argument(element);
    } else if (name == "connectToField") {
      out.connect_to = path_argument(element);
    } else if (name == "depthField") {
      out.depth_field = path_argument(element);
    } else {
      raise(location(40104), "Unknown argument to $graphLookup: {}", name);
    }
  }
  if (out.from.empty())
    raise(ErrorCode::FailedToParse, "missing 'from' option to $graphLookup stage specification");
  if (out.as.empty() || out.start_with == nullptr || connect_from.empty() ||
      out.connect_to.empty()) {
    raise(location(40105),
          "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and "
          "'connectToField'");
  }
  out.connect_from = query::Path(connect_from);
  return out;
}

}  // namespace

void parse_graph_lookup(const StageTraits& traits, bson::Element body,
                        const PipelineContext& context, Pipeline& out) {
  if (!body.is_document()) {
    raise(location(40327), "the $graphLookup stage specification must be an object, but found {}",
          bson::type_alias(body.type()));
  }
  out.push_back(
      std::make_unique<GraphLookupSpec>(traits, body, read_options(body.as_document(), context)));
}

}  // namespace freshet::pipeline

// SPDX-License-Identifier: Apache-2.0
// $bucket in terms of $group (on a $switch over the boundaries) and $sort.
#include <string>
#include <vector>

#include "base/error.h"
#include "bson/compare.h"
#include "bson/value.h"
#include "pipeline/stages/stages.h"
#include "query/expression/expression.h"

namespace freshet::pipeline {
namespace {

using bson::Builder;
using bson::Value;
using bson::ValueView;

struct Bucketing {
  bson::Element group_by;
  bson::Element default_value;
  bson::Element output;
  std::vector<Value> boundaries;
  Value default_constant;
};

Value constant_of(ValueView spec, const query::QueryContext& context, int code) {
  const query::CompiledExpression expression(spec, context);
  if (!expression.root().is_constant())
    raise(location(code), "the $bucket boundaries and default must be constants");
  return expression.evaluate(bson::View(), context).owned();
}

void read_boundaries(bson::Element element, const PipelineContext& context, Bucketing& out) {
  if (!element.is_array()) {
    raise(location(40200), "the $bucket 'boundaries' field must be an array, but found type: {}",
          bson::type_alias(element.type()));
  }
  for (const auto& boundary : element.as_document()) {
    out.boundaries.push_back(constant_of(boundary, context.query, 40191));
  }
  if (out.boundaries.size() < 2) {
    raise(location(40192),
          "the $bucket 'boundaries' field must have at least 2 values, but found {}",
          out.boundaries.size());
  }
  for (std::size_t i = 1; i < out.boundaries.size(); ++i) {
    const ValueView low = out.boundaries[i - 1].view();
    const ValueView high = out.boundaries[i].view();
    if (bson::canonical_rank(low.type()) != bson::canonical_rank(high.type())) {
      raise(location(40193),
            "all values in the 'boundaries' option to $bucket must have the same type");
    }
    if (bson::compare(low, high, context.query.collation) >= 0) {
      raise(location(40194),
            "the 'boundaries' option to $bucket must be sorted, but elements {} and {} are not in "
            "order",
            i - 1, i);
    }
  }
}

/// The default may not lie within the boundaries.
void check_default(const Bucketing& bucketing, const query::QueryContext& context) {
  const ValueView value = bucketing.default_constant.view();
  const ValueView low = bucketing.boundaries.front().view();
  const ValueView high = bucketing.boundaries.back().view();
  const bool inside = bson::compare(value, low, context.collation) >= 0 &&
                      bson::compare(value, high, context.collation) < 0;
  if (inside) {
    raise(location(40199),
          "the $bucket 'default' field must be less than the lowest boundary or greater than or "
          "equal "
          "to the highest boundary");
  }
}

Bucketing read(bson::View body, const PipelineContext& context) {
  Bucketing out;
  bson::Element boundaries;
  for (const auto& element : body) {
    if (element.name() == "groupBy") {
      const bool path = element.is_string() && element.as_string().starts_with('$');
      const bool expression = element.is_document() && !element.as_document().empty() &&
                              (*element.as_document().begin()).name().starts_with('$');
      if (!path && !expression) {
        raise(location(40202),
              "the $bucket 'groupBy' field must be defined as a $-prefixed path or an expression");
      }
      out.group_by = element;
    } else if (element.name() == "boundaries") {
      boundaries = element;
    } else if (element.name() == "default") {
      out.default_value = element;
    } else if (element.name() == "output") {
      if (!element.is_document()) {
        raise(location(40196), "the $bucket 'output' field must be an object, but found type: {}",
              bson::type_alias(element.type()));
      }
      out.output = element;
    } else {
      raise(location(40197), "unrecognized option to $bucket: {}", element.name());
    }
  }
  if (!out.group_by || !boundaries) {
    raise(location(40198), "$bucket requires 'groupBy' and 'boundaries' to be specified");
  }
  read_boundaries(boundaries, context, out);
  if (out.default_value) {
    out.default_constant = constant_of(out.default_value, context.query, 40195);
    check_default(out, context.query);
  }
  return out;
}

/// {$and: [{$gte: [groupBy, low]}, {$lt: [groupBy, high]}]} → low.
void write_branch(Builder& out, ValueView group_by, ValueView low, ValueView high) {
  out.push_document();
  out.open_document("case").open_array("$and");
  out.push_document().open_array("$gte").push(group_by);
  out.push_document().add("$literal", low).close().close().close();
  out.push_document().open_array("$lt").push(group_by);
  out.push_document().add("$literal", high).close().close().close();
  out.close().close();
  out.open_document("then").add("$literal", low).close();
  out.close();
}

std::string group_stage(const Bucketing& bucketing) {
  Builder out;
  out.open_document("$group").open_document("_id").open_document("$switch").open_array("branches");
  for (std::size_t i = 1; i < bucketing.boundaries.size(); ++i) {
    write_branch(out, bucketing.group_by, bucketing.boundaries[i - 1], bucketing.boundaries[i]);
  }
  out.close();
  if (bucketing.default_value) {
    out.open_document("default").add("$literal", bucketing.default_constant.view()).close();
  }
  out.close().close();
  if (bucketing.output) {
    out.add_all(bucketing.output.as_document());
  } else {
    out.open_document("count").add("$sum", std::int32_t{1}).close();
  }
  out.close();
  return out.take();
}

}  // namespace

void parse_bucket(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                  Pipeline& out) {
  if (!body.is_document()) {
    raise(location(40201), "argument to {} stage must be an object, but found type: {}",
          traits.name, bson::type_alias(body.type()));
  }
  const std::string group = group_stage(read(body.as_document(), context));
  Builder sort;
  sort.open_document("$sort").add("_id", std::int32_t{1}).close();
  const std::string sort_stage = sort.take();
  parse_stage(bson::View(group), context, out);
  parse_stage(bson::View(sort_stage), context, out);
}

}  // namespace freshet::pipeline

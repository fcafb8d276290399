// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/let.h"

#include "base/error.h"
#include "bson/builder.h"
#include "query/expression/expression.h"

namespace freshet::pipeline {

std::string evaluate_let(bson::View let, const query::QueryContext& context) {
  bson::Builder out;
  for (const bson::Element& element : let) {
    const query::CompiledExpression expression(element, context);
    query::Dependencies reads;
    expression.root().add_dependencies(reads);
    if (reads.whole_document || !reads.paths.empty()) {
      raise(location(4890500),
            "Command let Expression tried to access a field, but this is not allowed");
    }
    out.add(element.name(), expression.evaluate(bson::View(), context).view());
  }
  return out.take();
}

}  // namespace freshet::pipeline

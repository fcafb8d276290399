// SPDX-License-Identifier: Apache-2.0
// Any document may be taken for a filter, an update, a projection, a sort, a schema or an
// expression: it is refused with an Error, or works on a document without harm.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "bson/validate.h"
#include "query/expression/expression.h"
#include "query/matcher.h"
#include "query/projection.h"
#include "query/sort.h"
#include "query/update.h"
#include "query/validation_failure.h"

namespace {

using freshet::bson::View;

template <typename Action>
void attempt(Action action) {
  try {
    action();
  } catch (const freshet::Error&) {  // refused: fine
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;  // NOLINT: everything here is about it
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto result = bson::validate(input);
  if (!result) return 0;
  const View spec(std::string_view(input).substr(0, result.size));
  const bson::ValueView value(bson::Type::Document, spec.data(), spec.size_bytes());
  SeededRandom random(1);
  query::QueryContext context;
  context.random = &random;
  attempt([&] {
    const query::Matcher matcher(spec, context);
    if (matcher.matches(spec)) return;
    bson::Builder out;
    query::describe_validation_failure(spec, spec, context, out);
  });
  attempt([&] {
    const query::Update update(value, View(), context, true);
    static_cast<void>(update.apply(spec, {}, context));
  });
  attempt([&] { static_cast<void>(query::SortPattern(spec).key(spec)); });
  attempt([&] {
    const query::Projection projection(spec, query::ProjectionKind::Find, context);
    static_cast<void>(projection.apply(spec, context));
  });
  attempt([&] {
    const query::CompiledExpression expression(value, context);
    static_cast<void>(expression.evaluate(spec, context));
  });
  return 0;
}

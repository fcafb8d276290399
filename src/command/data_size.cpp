// SPDX-License-Identifier: Apache-2.0
// dataSize: bytes of a collection, or of the documents in a range of one of its indexes.
#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/collection_sizes.h"
#include "command/commands.h"
#include "command/plan_services.h"

namespace freshet::command {
namespace {

struct DataSizeArguments {
  bson::View key_pattern;
  bson::View min;
  bson::View max;
  bool estimate = false;
  std::optional<std::int64_t> max_size;
  std::optional<std::int64_t> max_objects;

  bool whole_collection() const { return min.empty() && max.empty() && !max_size && !max_objects; }
};

constexpr Argument<DataSizeArguments> kArguments[] = {
    {"keyPattern", [](DataSizeArguments& a, const Field& f) { a.key_pattern = f.object(); }},
    {"min", [](DataSizeArguments& a, const Field& f) { a.min = f.object(); }},
    {"max", [](DataSizeArguments& a, const Field& f) { a.max = f.object(); }},
    {"estimate", [](DataSizeArguments& a, const Field& f) { a.estimate = f.boolean(); }},
    {"maxSize", [](DataSizeArguments& a, const Field& f) { a.max_size = f.integer(); }},
    {"maxObjects", [](DataSizeArguments& a, const Field& f) { a.max_objects = f.integer(); }},
};

struct Sum {
  std::int64_t bytes = 0;
  std::int64_t documents = 0;
  bool stopped = false;  ///< a maximum was met
};

Sum walk(CommandContext& context, const model::Namespace& ns, const DataSizeArguments& arguments) {
  bson::Builder id;
  const std::string by_id = id.add("_id", std::int32_t{1}).take();
  pipeline::FindSpec spec;
  spec.ns = ns;
  spec.min = arguments.min;
  spec.max = arguments.max;
  if (!arguments.min.empty() || !arguments.max.empty()) {
    spec.hint = bson::ValueView::document(arguments.key_pattern.empty() ? bson::View(by_id)
                                                                        : arguments.key_pattern);
  }
  const auto plan = pipeline::plan_find(plan_services(context.services), spec, context.op);
  Sum sum;
  while (const std::optional<bson::View> document = plan->root().next(context.op)) {
    sum.bytes += document->size_bytes();
    ++sum.documents;
    sum.stopped = (arguments.max_size && sum.bytes > *arguments.max_size) ||
                  (arguments.max_objects && sum.documents > *arguments.max_objects);
    if (sum.stopped) break;
  }
  return sum;
}

}  // namespace

void run_data_size(CommandContext& context, bson::Builder& reply) {
  const SteadyTime start = context.services.clock.steady();
  const bson::Element first = *context.body.begin();
  const model::Namespace ns = model::Namespace::parse(Field("dataSize", first).string());
  ns.check();
  DataSizeArguments arguments;
  read_arguments("dataSize", context.body, kArguments, arguments);
  if (arguments.min.empty() != arguments.max.empty()) {
    raise(ErrorCode::BadValue, "dataSize takes 'min' and 'max' together");
  }
  const catalog::StatePtr catalog = context.services.data.catalog().latest();
  const bool exists = catalog->find(ns) != nullptr;
  if (exists) static_cast<void>(catalog::require_collection(*catalog, ns));
  Sum sum;
  if (exists && (arguments.estimate || arguments.whole_collection())) {
    const CollectionSizes sizes = collection_sizes(context, *catalog->find(ns));
    sum = {sizes.data_bytes, sizes.documents, false};
  } else if (exists) {
    sum = walk(context, ns, arguments);
  }
  const auto elapsed = context.services.clock.steady() - start;
  reply.add("size", sum.bytes).add("numObjects", sum.documents);
  if (sum.stopped) reply.add("maxReached", true);
  reply.add("millis", std::chrono::duration_cast<Milliseconds>(elapsed).count());
  reply.add("estimate", arguments.estimate);
}

}  // namespace freshet::command

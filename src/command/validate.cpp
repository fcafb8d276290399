// SPDX-License-Identifier: Apache-2.0
// validate: do a collection's documents and indexes agree?
#include "collection/validate.h"

#include <limits>

#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"

namespace freshet::command {
namespace {

struct ValidateArguments {
  bool full = false;
  bool background = false;
};

constexpr Argument<ValidateArguments> kArguments[] = {
    {"full", [](ValidateArguments& a, const Field& f) { a.full = f.boolean(); }},
    {"scandata", [](ValidateArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
    // It reads a snapshot and stops nobody: it always runs in the background.
    {"background", [](ValidateArguments& a, const Field& f) { a.background = f.boolean(); }},
    {"checkBSONConformance",
     [](ValidateArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
    {"metadata", [](ValidateArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
    {"repair",
     [](ValidateArguments&, const Field& f) {
       if (f.boolean()) raise(ErrorCode::CommandNotSupported, "validate does not repair");
     }},
};

void add_number(bson::Builder& out, std::string_view name, std::int64_t value) {
  if (value <= std::numeric_limits<std::int32_t>::max()) {
    out.add(name, static_cast<std::int32_t>(value));
  } else {
    out.add(name, value);
  }
}

void append_indexes(bson::Builder& reply, const collection::ValidateResult& result) {
  reply.add("nIndexes", static_cast<std::int32_t>(result.keys_per_index.size()));
  reply.open_document("keysPerIndex");
  for (const auto& [name, keys] : result.keys_per_index)
    add_number(reply, name, keys);
  reply.close();
  reply.open_document("indexDetails");
  for (const auto& [name, keys] : result.keys_per_index) {
    reply.open_document(name).add("valid", result.wrong_indexes.count(name) == 0).close();
  }
  reply.close();
}

void append_entries(bson::Builder& reply, std::string_view name,
                    const std::vector<collection::WrongEntry>& entries) {
  reply.open_array(name);
  for (const collection::WrongEntry& entry : entries) {
    reply.push_document().add("indexName", entry.index);
    reply.add("recordId", static_cast<std::int64_t>(entry.record));
    if (!entry.id.empty()) reply.add("idKey", bson::View(entry.id));
    if (!entry.key.empty()) reply.add("indexKey", bson::View(entry.key));
    reply.close();
  }
  reply.close();
}

void append_errors(bson::Builder& reply, const std::vector<std::string>& errors) {
  reply.open_array("errors");
  for (const std::string& error : errors)
    reply.push(error);
  reply.close();
}

}  // namespace

void run_validate(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  ValidateArguments arguments;
  read_arguments("validate", context.body, kArguments, arguments);
  if (arguments.full && arguments.background) {
    raise(ErrorCode::InvalidOptions, "validate cannot be full and in the background at once");
  }
  const auto snapshot = context.services.data.commits().snapshot(commit::ReadPoint::Latest);
  const catalog::StatePtr catalog = context.services.data.catalog().at(*snapshot);
  const catalog::CollectionPtr collection = catalog::require_collection(*catalog, ns);
  const collection::ValidateResult result =
      collection::validate(*snapshot, *collection, &context.op);
  reply.add("ns", ns.full()).add_binary("uuid", 4, collection->uuid.bytes());
  reply.add("nInvalidDocuments", result.invalid_documents);
  reply.add("nNonCompliantDocuments", std::int64_t{0});
  add_number(reply, "nrecords", result.documents);
  append_indexes(reply, result);
  reply.add("valid", result.valid()).add("repaired", false);
  reply.open_array("warnings").close();
  append_errors(reply, result.errors);
  append_entries(reply, "extraIndexEntries", result.extra_keys);
  append_entries(reply, "missingIndexEntries", result.missing_keys);
  reply.open_array("corruptRecords").close();
}

}  // namespace freshet::command

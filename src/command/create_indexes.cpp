// SPDX-License-Identifier: Apache-2.0
// createIndexes: builds indexes while reads and writes go on.
#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "collection/data.h"
#include "collection/index_build.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"
#include "session/open_transaction.h"

namespace freshet::command {
namespace {

struct CreateIndexesArguments {
  std::vector<bson::View> indexes;
  bool has_indexes = false;
  bool ignore_unknown = false;
};

void check_quorum(const Field& field) {
  const bson::Element& quorum = field.element();
  if (!quorum.is_number() && !quorum.is_string()) field.wrong_type("string");
  if (quorum.is_number() && (quorum.number_as_int64() < 0 || quorum.number_as_int64() > 1)) {
    raise(ErrorCode::UnsatisfiableWriteConcern, "commitQuorum {} is more members than there are",
          quorum.number_as_int64());
  }
}

constexpr Argument<CreateIndexesArguments> kArguments[] = {
    {"indexes",
     [](CreateIndexesArguments& a, const Field& f) {
       a.has_indexes = true;
       for (const bson::Element& index : f.array()) {
         if (!index.is_document()) Field("createIndexes.indexes", index).wrong_type("object");
         a.indexes.push_back(index.as_document());
       }
     }},
    {"ignoreUnknownIndexOptions",
     [](CreateIndexesArguments& a, const Field& f) { a.ignore_unknown = f.boolean(); }},
    {"commitQuorum", [](CreateIndexesArguments&, const Field& f) { check_quorum(f); }},
};

// What ignoreUnknownIndexOptions keeps.
constexpr std::string_view kKnownFields[] = {
    "2dsphereIndexVersion",
    "background",
    "bits",
    "bucketSize",
    "clustered",
    "collation",
    "default_language",
    "dropDups",
    "expireAfterSeconds",
    "hidden",
    "key",
    "language_override",
    "max",
    "min",
    "name",
    "ns",
    "partialFilterExpression",
    "prepareUnique",
    "sparse",
    "storageEngine",
    "textIndexVersion",
    "unique",
    "v",
    "weights",
    "wildcardProjection",
};

std::string known_fields(bson::View spec) {
  bson::Builder out;
  for (const bson::Element& element : spec) {
    if (std::find(std::begin(kKnownFields), std::end(kKnownFields), element.name()) !=
        std::end(kKnownFields)) {
      out.add(element);
    }
  }
  return out.take();
}

// Only on what the transaction created: there is nothing to be built.
collection::CreateIndexesResult create_in_transaction(session::OpenTransaction& transaction,
                                                      const model::Namespace& ns,
                                                      const std::vector<bson::View>& specs) {
  collection::CreateIndexesResult result;
  catalog::CollectionPtr collection = transaction.unit().catalog().find(ns);
  if (!collection) {
    collection = transaction.create_collection(ns, bson::View());
    result.created_collection = true;
  }
  result.indexes_before = collection->indexes.size();
  collection = transaction.create_indexes(ns, specs);
  result.indexes_after = collection->indexes.size();
  result.all_existed = result.indexes_after == result.indexes_before;
  return result;
}

collection::CreateIndexesResult create(CommandContext& context, const model::Namespace& ns,
                                       const std::vector<bson::View>& specs) {
  if (context.transaction) return create_in_transaction(*context.transaction, ns, specs);
  collection::CreateIndexesResult result =
      collection::create_indexes(context.services.data, context.op, ns, specs);
  context.operation_time = result.position;
  context.durable_position = result.position;
  return result;
}

}  // namespace

void run_create_indexes(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  CreateIndexesArguments arguments;
  read_arguments("createIndexes", context.body, kArguments, arguments);
  if (!arguments.has_indexes) raise_missing_field("createIndexes", "indexes");
  if (arguments.indexes.empty())
    raise(ErrorCode::BadValue, "Must specify at least one index to create");
  check_writable(context, ns);
  std::vector<std::string> stripped;
  stripped.reserve(arguments.indexes.size());
  std::vector<bson::View> specs = arguments.indexes;
  if (arguments.ignore_unknown) {
    for (bson::View& spec : specs) {
      stripped.push_back(known_fields(spec));
      spec = bson::View(stripped.back());
    }
  }
  const collection::CreateIndexesResult result = create(context, ns, specs);
  reply.add("numIndexesBefore", static_cast<std::int32_t>(result.indexes_before));
  reply.add("numIndexesAfter", static_cast<std::int32_t>(result.indexes_after));
  reply.add("createdCollectionAutomatically", result.created_collection);
  if (result.all_existed) {
    reply.add("note", "all indexes already exist");
  } else {
    reply.add("commitQuorum", "votingMembers");
  }
}

}  // namespace freshet::command

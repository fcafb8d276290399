// SPDX-License-Identifier: Apache-2.0
// createIndexes: builds indexes while reads and writes go on.
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "collection/data.h"
#include "collection/index_fill.h"
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

/// One build, or the wait for somebody else's build of the same index.
class CreateIndexes final : public Work {
 public:
  explicit CreateIndexes(CommandContext& context) : ns_(context.collection_namespace()) {
    CreateIndexesArguments arguments;
    read_arguments("createIndexes", context.body, kArguments, arguments);
    if (!arguments.has_indexes) raise_missing_field("createIndexes", "indexes");
    if (arguments.indexes.empty())
      raise(ErrorCode::BadValue, "Must specify at least one index to create");
    check_writable(context, ns_);
    for (const bson::View spec : arguments.indexes)
      specs_.push_back(arguments.ignore_unknown ? known_fields(spec) : spec.to_string());
  }

  Progress step(CommandContext& context, bson::Builder& reply) override {
    if (!context.on_worker) return Progress::NeedWorker;
    if (context.transaction) return create_in_transaction(*context.transaction, reply);
    if (!fill_ && !start(context)) {
      return started_.others_build ? Progress::Parked : finish(context, reply);
    }
    try {
      return work(context) ? finish(context, reply) : Progress::Parked;
    } catch (const Error&) {
      fill_.reset();  // takes the build back before the client hears of it
      throw;
    }
  }

  Park park(CommandContext& context) override {
    const SteadyTime now = context.services.clock.steady();
    if (fill_ && !wakers_key_) return {.deadline = now};
    if (!fill_) return {.deadline = now + kOthersWait};
    return {.subscribe = [this](const WakerPtr& waker) { fill_->wait(waker); },
            .deadline = now + kOthersWait};
  }

 private:
  std::vector<bson::View> specs() const {
    std::vector<bson::View> specs;
    for (const std::string& spec : specs_)
      specs.emplace_back(spec);
    return specs;
  }

  // How long one build keeps a worker, and how often a waiting one looks whether it may go on.
  static constexpr Milliseconds kTurn{50};
  static constexpr Milliseconds kOthersWait{100};

  /// Publishes the build; false when there is nothing to be filled.
  bool start(CommandContext& context) {
    context.op.check_now();
    started_ = context.services.data.ddl().start_build(ns_, specs());
    if (started_.indexes.empty()) return false;
    fill_.emplace(context.services.data, started_);
    return true;
  }

  /// One turn: others want to work too. True when the build is done.
  bool work(CommandContext& context) {
    wakers_key_ = false;
    const SteadyTime until = context.services.clock.steady() + kTurn;
    while (!wakers_key_ && context.services.clock.steady() < until) {
      const collection::IndexFill::Step step = fill_->step(context.op);
      if (step == collection::IndexFill::Step::Done) return true;
      wakers_key_ = step == collection::IndexFill::Step::Wait;
    }
    return false;
  }

  // Only on what the transaction created: there is nothing to be built.
  Progress create_in_transaction(session::OpenTransaction& transaction, bson::Builder& reply) {
    catalog::CollectionPtr collection = transaction.unit().catalog().find(ns_);
    if (!collection) {
      collection = transaction.create_collection(ns_, bson::View());
      started_.created_collection = true;
    }
    started_.indexes_before = collection->indexes.size();
    started_.indexes_after = transaction.create_indexes(ns_, specs())->indexes.size();
    append(reply, started_.indexes_after == started_.indexes_before);
    return Progress::Done;
  }

  Progress finish(CommandContext& context, bson::Builder& reply) {
    if (fill_) {
      started_.position = fill_->result().position;
      started_.indexes_after = fill_->result().indexes_after;
    }
    context.operation_time = started_.position;
    context.durable_position = started_.position;
    append(reply, !fill_ && !started_.created_collection);
    return Progress::Done;
  }

  void append(bson::Builder& reply, bool all_existed) const {
    reply.add("numIndexesBefore", static_cast<std::int32_t>(started_.indexes_before));
    reply.add("numIndexesAfter", static_cast<std::int32_t>(started_.indexes_after));
    if (all_existed) {
      reply.add("note", "all indexes already exist");
    } else {
      reply.add("createdCollectionAutomatically", started_.created_collection);
      reply.add("commitQuorum", "votingMembers");
    }
  }

  const model::Namespace ns_;
  std::vector<std::string> specs_;
  catalog::StartedBuild started_;
  std::optional<collection::IndexFill> fill_;
  bool wakers_key_ = false;  // somebody holds a key: its release wakes us
};

}  // namespace

std::unique_ptr<Work> start_create_indexes(CommandContext& context) {
  return std::make_unique<CreateIndexes>(context);
}

}  // namespace freshet::command

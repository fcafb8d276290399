// SPDX-License-Identifier: Apache-2.0
// $out: the documents go into a new collection with the options and indexes of the one they are to
// replace, which then takes its name in one commit. Until then nothing of it is to be seen.
#include <utility>
#include <vector>

#include "base/error.h"
#include "bson/builder.h"
#include "collection/data.h"
#include "collection/index_fill.h"
#include "collection/insert_form.h"
#include "command/pipeline_output.h"
#include "command/write_batch.h"
#include "model/uuid.h"

namespace freshet::command {
namespace {

constexpr std::string_view kTemporaryPrefix = "tmp.agg_out.";

class OutOutput final : public PipelineOutput {
 public:
  using PipelineOutput::PipelineOutput;
  ~OutOutput() override { drop_unfinished(); }

 private:
  void begin(CommandContext& context) override {
    data_ = &context.services.data;
    check_writable(context, target());
    replaced_ = data_->catalog().latest()->find(target());
    if (replaced_ && replaced_->is_view()) {
      raise(ErrorCode::CommandNotSupportedOnView, "Namespace {} is a view, not a collection",
            target().full());
    }
    if (replaced_ && replaced_->capped) {
      raise(location(17152), "namespace '{}' is capped so it can't be used for $out",
            target().full());
    }
    temporary_ = {target().db, std::string(kTemporaryPrefix) +
                                   model::Uuid::generate(context.services.random).to_string()};
    unfinished_ = true;
    const bson::View none;
    data_->ddl().create_collection(temporary_, replaced_ ? bson::View(replaced_->options) : none);
    copy_indexes(context);
    collection_ = data_->catalog().latest()->find(temporary_);
  }

  void copy_indexes(CommandContext& context) {
    if (!replaced_) return;
    std::vector<bson::View> specs;
    for (const catalog::IndexPtr& index : replaced_->indexes) {
      if (!index->is_id_index()) specs.emplace_back(index->spec);
    }
    if (specs.empty()) return;
    static_cast<void>(
        collection::fill_indexes(*data_, context.op, data_->ddl().start_build(temporary_, specs)));
  }

  collection::WriteStatus write(CommandContext& context, collection::WriteUnit& unit,
                                bson::View document) override {
    const std::string prepared = collection::prepare_insert(document, data_->object_ids(),
                                                            data_->commits().applied().timestamp());
    collection::Writer writer(unit, collection_, write_context(context));
    const collection::WriteOutcome outcome = writer.insert(bson::View(prepared));
    if (outcome.duplicate) collection::raise_duplicate_key(*collection_, *outcome.duplicate);
    return outcome.status;
  }

  void finish(CommandContext& context) override {
    const catalog::CollectionPtr now = data_->catalog().latest()->find(target());
    if ((now ? now->version : storage::Position()) !=
        (replaced_ ? replaced_->version : storage::Position())) {
      raise(location(28769),
            "options or indexes of the target collection {} changed while $out ran",
            target().full());
    }
    const catalog::DdlResult result =
        data_->ddl().rename_collection(temporary_, target(), {.drop_target = true});
    unfinished_ = false;
    context.operation_time = result.position;
    context.durable_position = result.position;
  }

  void drop_unfinished() noexcept {
    if (!unfinished_) return;
    try {
      data_->ddl().drop_collection(temporary_);
    } catch (const Error&) {  // the server is stopping; the next start drops it
    }
  }

  collection::Data* data_ = nullptr;  // from begin() on
  catalog::CollectionPtr replaced_;
  catalog::CollectionPtr collection_;
  model::Namespace temporary_;
  bool unfinished_ = false;
};

}  // namespace

void drop_abandoned_outputs(collection::Data& data) {
  const catalog::StatePtr state = data.catalog().latest();
  for (const catalog::CollectionPtr& collection : state->all()) {
    if (collection->ns.coll.starts_with(kTemporaryPrefix))
      data.ddl().drop_collection(collection->ns);
  }
}

std::unique_ptr<PipelineOutput> make_out_output(std::unique_ptr<pipeline::QueryPlan> plan,
                                                const OutputArguments& arguments) {
  return std::make_unique<OutOutput>(std::move(plan), arguments);
}

}  // namespace freshet::command

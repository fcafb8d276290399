// SPDX-License-Identifier: Apache-2.0
// collMod: changes options of a collection, a view or an index.
#include <optional>
#include <string>

#include "base/error.h"
#include "bson/builder.h"
#include "collection/data.h"
#include "collection/unique_conversion.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"
#include "pipeline/plan/view_check.h"

namespace freshet::command {
namespace {

/// The changes that are asked for, without what makes an index unique: that takes a build.
class Changes {
 public:
  explicit Changes(bson::View body) {
    bool first = true;
    for (const bson::Element& element : body) {
      if (std::exchange(first, false) || is_generic_argument(element.name())) continue;
      take(element);
    }
    if (dry_run_ && !makes_unique()) {
      raise(ErrorCode::InvalidOptions, "'dryRun' goes with 'index.unique' only");
    }
  }

  std::string take_rest() { return rest_.take(); }
  bool any_rest() const { return any_rest_; }
  bool makes_unique() const { return target_.has_value(); }
  bool dry_run() const { return dry_run_; }
  bson::View target() const { return bson::View(*target_); }

 private:
  void take(const bson::Element& element) {
    if (element.name() == "dryRun") {
      dry_run_ = Field("collMod", element).boolean();
    } else if (element.name() == "index" && element.is_document() &&
               element.as_document()["unique"]) {
      take_unique(element.as_document());
    } else {
      rest_.add(element);
      any_rest_ = true;
    }
  }

  void take_unique(bson::View index) {
    const bson::Element unique = index["unique"];
    if (!Field("collMod.index", unique).boolean()) {
      raise(ErrorCode::BadValue, "collMod cannot make an index non-unique");
    }
    bson::Builder target;
    for (const bson::Element& field : index) {
      if (field.name() == "unique") continue;
      if (field.name() != "name" && field.name() != "keyPattern") {
        raise(ErrorCode::InvalidOptions, "'index.unique' and 'index.{}' do not go together",
              field.name());
      }
      target.add(field);
    }
    target_ = target.take();
  }

  bson::Builder rest_;
  bool any_rest_ = false;
  bool dry_run_ = false;
  std::optional<std::string> target_;
};

}  // namespace

void run_coll_mod(CommandContext& context, bson::Builder& reply) {
  const model::Namespace ns = context.collection_namespace();
  check_writable(context, ns);
  Changes changes(context.body);
  collection::Data& data = context.services.data;
  if (changes.any_rest() || !changes.makes_unique()) {
    const std::string rest = changes.take_rest();
    const catalog::CollModResult result =
        data.ddl().coll_mod(ns, bson::View(rest), pipeline::check_view);
    context.operation_time = context.durable_position = result.ddl.position;
    if (!result.index_changes.empty()) reply.add_all(bson::View(result.index_changes));
  }
  if (!changes.makes_unique()) return;
  const auto position =
      collection::convert_to_unique(data, context.op, ns, changes.target(), changes.dry_run());
  if (!position) return;
  context.operation_time = context.durable_position = *position;
  reply.add("unique_new", true);
}

}  // namespace freshet::command

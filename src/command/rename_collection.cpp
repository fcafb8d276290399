// SPDX-License-Identifier: Apache-2.0
// renameCollection: another name, perhaps in another database.
#include <optional>

#include "base/error.h"
#include "collection/data.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

struct RenameArguments {
  std::optional<model::Namespace> to;
  catalog::RenameOptions options;
};

constexpr Argument<RenameArguments> kArguments[] = {
    {"to", [](RenameArguments& a, const Field& f) { a.to = model::Namespace::parse(f.string()); }},
    {"dropTarget", [](RenameArguments& a, const Field& f) { a.options.drop_target = f.boolean(); }},
    {"stayTemp", [](RenameArguments&, const Field& f) { static_cast<void>(f.boolean()); }},
};

}  // namespace

void run_rename_collection(CommandContext& context, bson::Builder&) {
  RenameArguments arguments;
  read_arguments("renameCollection", context.body, kArguments, arguments);
  const bson::Element first = *context.body.begin();
  const model::Namespace from = model::Namespace::parse(Field("renameCollection", first).string());
  if (!arguments.to) raise_missing_field("renameCollection", "to");
  check_writable(context, from);
  check_writable(context, *arguments.to);
  const catalog::DdlResult result =
      context.services.data.ddl().rename_collection(from, *arguments.to, arguments.options);
  context.operation_time = result.position;
  context.durable_position = result.position;
}

}  // namespace freshet::command

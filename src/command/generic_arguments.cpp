// SPDX-License-Identifier: Apache-2.0
#include "command/generic_arguments.h"

#include "base/error.h"
#include "bson/builder.h"
#include "command/arguments.h"
#include "command/command_table.h"
#include "command/concern_defaults.h"
#include "command/transaction_arguments.h"

namespace freshet::command {
namespace {

// What the client asked for beyond single statements.
struct Envelope {
  TransactionArguments transaction;
  bool stable_api = false;
  bool strict_api = false;
  bool api_options_alone = false;
};

std::string_view name_of(const CommandContext& context) {
  return context.row.name;
}

void read_session(CommandContext& context, const bson::Element& element, const Field& field) {
  if (element.name() == "lsid") {
    context.session = model::SessionId::parse(element, "lsid");
    return;
  }
  if (element.type() != bson::Type::Int64) field.wrong_type("long");
  if (element.as_int64() < 0) {
    raise(ErrorCode::InvalidOptions, "Transaction number cannot be negative, found {}",
          element.as_int64());
  }
  context.txn_number = element.as_int64();
}

void read_max_time(CommandContext& context, const bson::Element& element) {
  if (!element.is_number()) {
    raise(ErrorCode::TypeMismatch,
          "BSON field '{}.maxTimeMS' is the wrong type '{}', expected a number", name_of(context),
          bson::type_alias(element.type()));
  }
  const double as_double = element.number_as_double();
  const std::int64_t ms = element.number_as_int64();
  if (as_double != static_cast<double>(ms) || ms < 0 || ms > 2147483647) {
    raise(ErrorCode::BadValue, "{} value for maxTimeMS is out of range [0, 2147483647]", as_double);
  }
  context.max_time_ms = ms;
  if (ms > 0 && (context.row.flags & kOwnMaxTime) == 0) {
    context.op.set_deadline(context.op.started() + Milliseconds(ms));
  }
}

void read_comment(CommandContext& context, const bson::Element& element) {
  bson::Builder comment;
  comment.add("comment", element.value());
  context.op.comment = comment.take();
}

void read_api(const CommandContext& context, const bson::Element& element, Envelope& envelope) {
  if (element.name() == "apiVersion") {
    const Field field(name_of(context), element);
    if (field.string() != "1") {
      raise(ErrorCode::APIVersionError, "API version must be \"1\", found \"{}\"",
            element.as_string());
    }
    envelope.stable_api = true;
    return;
  }
  const bool on = Field(name_of(context), element).boolean();
  envelope.api_options_alone = true;
  if (element.name() == "apiStrict") envelope.strict_api = on;
}

void read_one(CommandContext& context, const bson::Element& element, Envelope& envelope) {
  const std::string_view name = element.name();
  const Field field(name_of(context), element);
  if (name == "lsid" || name == "txnNumber") return read_session(context, element, field);
  if (name == "maxTimeMS") return read_max_time(context, element);
  if (name == "comment") return read_comment(context, element);
  if (name == "readConcern") {
    if (!element.is_document()) field.wrong_type("object");
    context.read_concern = model::ReadConcern::parse(element);
    return;
  }
  if (name == "writeConcern") {
    if (!element.is_document()) field.wrong_type("object");
    context.write_concern = model::WriteConcern::parse(element);
    return;
  }
  if (name == "autocommit" || name == "startTransaction") {
    auto& given =
        name == "autocommit" ? envelope.transaction.autocommit : envelope.transaction.start;
    given = field.strict_boolean();
    return;
  }
  if (name == "apiVersion" || name == "apiStrict" || name == "apiDeprecationErrors") {
    return read_api(context, element, envelope);
  }
}

void check_read_concern(const CommandContext& context) {
  using Level = model::ReadConcern::Level;
  const CommandRow& row = context.row;
  const Level level = context.read_concern.effective_level();
  const bool taken = (row.flags & (kReads | kSnapshot)) != 0 || level == Level::Local ||
                     (context.in_transaction && (row.flags & kInTransaction) != 0);
  const bool snapshot =
      level != Level::Snapshot || context.in_transaction || (row.flags & kSnapshot) != 0;
  if (taken && snapshot) return;
  raise(ErrorCode::InvalidOptions,
        "Command {} does not support {{ readConcern: {{ level: \"{}\" }} }}", row.name,
        model::to_string(level));
}

void check(const CommandContext& context, const Envelope& envelope) {
  const CommandRow& row = context.row;
  if (envelope.api_options_alone && !envelope.stable_api) {
    raise(location(4886600),
          "Provided apiStrict or apiDeprecationErrors without passing apiVersion");
  }
  if (envelope.strict_api && (row.flags & kStableApi) == 0) {
    raise(ErrorCode::APIStrictError,
          "Provided apiStrict:true, but the command {} is not in API Version 1", row.name);
  }
  check_read_concern(context);
}

}  // namespace

void read_generic_arguments(CommandContext& context) {
  Envelope envelope;
  for (const bson::Element& element : context.body) {
    if (is_generic_argument(element.name())) read_one(context, element, envelope);
  }
  context.strict_api = envelope.strict_api;
  read_transaction_arguments(context, envelope.transaction);
  context.services.concerns.apply(context);
  check(context, envelope);
}

}  // namespace freshet::command

// SPDX-License-Identifier: Apache-2.0
#include "command/bulk_operations.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "command/arguments.h"
#include "command/batch_arguments.h"

namespace freshet::command {
namespace {

// The first field of each kind of operation holds the position of its namespace in nsInfo.
struct Insert {
  std::int64_t ns = 0;
  bson::View document;
};
struct Update {
  std::int64_t ns = 0;
  UpdateStatement statement;
};
struct Delete {
  std::int64_t ns = 0;
  DeleteStatement statement;
};

std::int64_t read_index(const Field& field) {
  if (field.element().type() != bson::Type::Int32) field.wrong_type("int");
  return field.non_negative();
}

constexpr Argument<Insert> kInsert[] = {
    {"insert", [](Insert& a, const Field& f) { a.ns = read_index(f); }},
    {"document", [](Insert& a, const Field& f) { a.document = f.object(); }},
};

constexpr Argument<Update> kUpdate[] = {
    {"update", [](Update& a, const Field& f) { a.ns = read_index(f); }},
    {"filter", [](Update& a, const Field& f) { a.statement.filter = f.object(); }},
    {"updateMods", [](Update& a, const Field& f) { a.statement.update = f.element(); }},
    {"constants", [](Update& a, const Field& f) { a.statement.constants = f.object(); }},
    {"arrayFilters",
     [](Update& a, const Field& f) { a.statement.array_filters = f.array_of_objects(); }},
    {"collation",
     [](Update& a, const Field& f) {
       a.statement.collation = f.object();
       a.statement.collation_given = !a.statement.collation.empty();
     }},
    {"sort", [](Update& a, const Field& f) { a.statement.sort = f.object(); }},
    {"hint", [](Update& a, const Field& f) { a.statement.hint = read_hint(f); }},
    {"multi", [](Update& a, const Field& f) { a.statement.multi = f.strict_boolean(); }},
    {"upsert", [](Update& a, const Field& f) { a.statement.upsert = f.strict_boolean(); }},
};

constexpr Argument<Delete> kDelete[] = {
    {"delete", [](Delete& a, const Field& f) { a.ns = read_index(f); }},
    {"filter", [](Delete& a, const Field& f) { a.statement.filter = f.object(); }},
    {"collation",
     [](Delete& a, const Field& f) {
       a.statement.collation = f.object();
       a.statement.collation_given = !a.statement.collation.empty();
     }},
    {"hint", [](Delete& a, const Field& f) { a.statement.hint = read_hint(f); }},
    {"multi", [](Delete& a, const Field& f) { a.statement.multi = f.strict_boolean(); }},
};

struct NamespaceInfo {
  std::string_view ns;
};

constexpr Argument<NamespaceInfo> kNamespaceInfo[] = {
    {"ns", [](NamespaceInfo& a, const Field& f) { a.ns = f.string(); }},
};

BulkOperation read_insert(bson::View op, std::int64_t& ns) {
  Insert read;
  read_arguments("bulkWrite.ops.insert", op, kInsert, read, false);
  require_fields("bulkWrite.ops.insert", op, {"insert", "document"});
  ns = read.ns;
  BulkOperation out;
  out.kind = BulkOperation::Kind::Insert;
  out.document = read.document;
  return out;
}

BulkOperation read_update(bson::View op, std::int64_t& ns) {
  Update read;
  read_arguments("bulkWrite.ops.update", op, kUpdate, read, false);
  require_fields("bulkWrite.ops.update", op, {"update", "filter"});
  if (!op["updateMods"]) raise_missing_field("bulkWrite.ops.update", "updateMods");
  check_statement(read.statement);
  ns = read.ns;
  BulkOperation out;
  out.kind = BulkOperation::Kind::Update;
  out.update = read.statement;
  return out;
}

BulkOperation read_delete(bson::View op, std::int64_t& ns) {
  Delete read;
  read_arguments("bulkWrite.ops.delete", op, kDelete, read, false);
  require_fields("bulkWrite.ops.delete", op, {"delete", "filter"});
  ns = read.ns;
  BulkOperation out;
  out.kind = BulkOperation::Kind::Delete;
  out.remove = read.statement;
  return out;
}

BulkOperation read_operation(bson::View op, std::size_t index, std::size_t namespaces) {
  if (op.empty()) raise(ErrorCode::FailedToParse, "bulkWrite.ops.{} is empty", index);
  const std::string_view kind = (*op.begin()).name();
  std::int64_t ns = 0;
  BulkOperation out;
  if (kind == "insert") {
    out = read_insert(op, ns);
  } else if (kind == "update") {
    out = read_update(op, ns);
  } else if (kind == "delete") {
    out = read_delete(op, ns);
  } else {
    raise(ErrorCode::FailedToParse,
          "expected 'insert', 'update' or 'delete' as the first field of bulkWrite.ops.{}, found "
          "'{}'",
          index, kind);
  }
  if (ns >= static_cast<std::int64_t>(namespaces)) {
    raise(ErrorCode::BadValue, "BulkWrite ops entry {} has an invalid nsInfo index", index);
  }
  out.ns = static_cast<std::size_t>(ns);
  return out;
}

}  // namespace

BulkOperations read_bulk_operations(const std::vector<bson::View>& ops,
                                    const std::vector<bson::View>& ns_info) {
  BulkOperations out;
  for (const bson::View entry : ns_info) {
    NamespaceInfo info;
    read_arguments("bulkWrite.nsInfo", entry, kNamespaceInfo, info, false);
    require_fields("bulkWrite.nsInfo", entry, {"ns"});
    out.namespaces.push_back(model::Namespace::parse(info.ns));
  }
  out.list.reserve(ops.size());
  for (const bson::View op : ops)
    out.list.push_back(read_operation(op, out.list.size(), out.namespaces.size()));
  return out;
}

}  // namespace freshet::command

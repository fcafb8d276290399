// SPDX-License-Identifier: Apache-2.0
//
// event = _id operationType clusterTime [collectionUUID] wallTime [lsid txnNumber]
//         [fullDocument] ns [to] [documentKey] [updateDescription | rawUpdateDescription]
//         [fullDocumentBeforeChange] [operationDescription] [stateBeforeChange]
#include "stream/event.h"

#include <string_view>

#include "base/error.h"
#include "bson/builder.h"
#include "query/delta.h"

namespace freshet::stream {
namespace {

void add_namespace(bson::Builder& out, std::string_view name, std::string_view db,
                   std::string_view coll) {
  out.open_document(name).add("db", db);
  if (!coll.empty()) out.add("coll", coll);
  out.close();
}

void add_header(bson::Builder& out, const Change& change, const StreamOptions& options) {
  token_of(change).append_to(out, "_id");
  out.add("operationType", operation_type(change.kind));
  out.add("clusterTime", change.op.time.timestamp());
  if (options.show_expanded_events) out.add("collectionUUID", change.op.ui);
  out.add_date("wallTime", change.op.wall_ms);
  if (change.in_transaction) {
    out.add("lsid", change.op.lsid);
    out.add("txnNumber", change.op.txn_number);
  }
}

void add_full_document(bson::Builder& out, const Change& change, const EventImages& images) {
  if (change.kind == ChangeKind::Insert || change.kind == ChangeKind::Replace) {
    out.add("fullDocument", change.op.o);
  } else {
    out.add("fullDocument", images.full_document.view());
  }
}

void add_document_key(bson::Builder& out, const Change& change) {
  out.open_document("documentKey");
  switch (change.kind) {
    case ChangeKind::Insert:
      out.add("_id", change.op.o["_id"].value());
      break;
    case ChangeKind::Delete:
      out.add_all(change.op.o);
      break;
    default:
      out.add_all(change.op.o2.as_document());
  }
  out.close();
}

void add_update_description(bson::Builder& out, const Change& change,
                            const StreamOptions& options) {
  if (change.kind != ChangeKind::Update) return;
  if (options.show_raw_update_description) {
    out.add("rawUpdateDescription", change.op.o);
    return;
  }
  const std::string description =
      query::describe_diff(change.op.diff(), options.show_expanded_events);
  out.add("updateDescription", bson::View(description));
}

/// All fields of a command but the first, which names it.
void add_command_fields(bson::Builder& out, bson::View command) {
  auto at = command.begin();
  for (++at; at != command.end(); ++at)
    out.add(*at);
}

// --- what DDL events describe, one function per kind ---

void describe_create(bson::Builder& out, const Change& change) {
  out.open_document("operationDescription");
  add_command_fields(out, change.op.o);
  out.close();
}

// One entry per index, or one for all that were built together.
void describe_create_indexes(bson::Builder& out, const Change& change) {
  if (const bson::Element built = change.op.o["indexes"]) {
    out.open_document("operationDescription").add("indexes", built.value()).close();
    return;
  }
  out.open_document("operationDescription").open_array("indexes").push_document();
  add_command_fields(out, change.op.o);
  out.close().close().close();
}

void describe_drop_indexes(bson::Builder& out, const Change& change) {
  out.open_document("operationDescription").open_array("indexes").push_document();
  if (change.op.o2.is_document()) out.add_all(change.op.o2.as_document());
  out.close().close().close();
}

void describe_modify(bson::Builder& out, const Change& change) {
  out.open_document("operationDescription");
  add_command_fields(out, change.op.o);
  out.close();
  if (!change.op.o2.is_document()) return;
  const bson::View before = change.op.o2.as_document();
  out.open_document("stateBeforeChange");
  out.add("collectionOptions", before["collectionOptions_old"].value());
  out.add("indexOptions", before["indexOptions_old"].value());
  out.close();
}

void describe_rename(bson::Builder& out, const Change& change) {
  out.open_document("operationDescription");
  add_namespace(out, "to", change.to_db, change.to_coll);
  const bson::Element replaced = change.op.o["dropTarget"];
  if (replaced.type() == bson::Type::Binary) out.add("dropTarget", replaced.value());
  out.close();
}

void describe_end_of_transaction(bson::Builder& out, const Change& change) {
  out.open_document("operationDescription");
  out.add("lsid", change.op.lsid).add("txnNumber", change.op.txn_number);
  out.close();
}

void add_operation_description(bson::Builder& out, const Change& change) {
  switch (change.kind) {
    case ChangeKind::Create:
      return describe_create(out, change);
    case ChangeKind::CreateIndexes:
      return describe_create_indexes(out, change);
    case ChangeKind::DropIndexes:
      return describe_drop_indexes(out, change);
    case ChangeKind::Modify:
      return describe_modify(out, change);
    case ChangeKind::Rename:
      return describe_rename(out, change);
    case ChangeKind::EndOfTransaction:
      return describe_end_of_transaction(out, change);
    default:
      return;
  }
}

[[noreturn]] void raise_no_image(const Change& change, std::string_view field) {
  raise(ErrorCode::NoMatchingDocument,
        "'{}' is required, but no image was kept for the {} of {}.{} with resume token '{}'", field,
        operation_type(change.kind), change.db, change.coll, token_of(change).data());
}

bool wants_post_image(const Change& change, const StreamOptions& options) {
  return change.kind == ChangeKind::Update &&
         (options.full_document == FullDocument::WhenAvailable ||
          options.full_document == FullDocument::Required);
}

bool wants_pre_image(const Change& change, const StreamOptions& options) {
  return options.before_change != FullDocumentBeforeChange::Off &&
         is_document_change(change.kind) && change.kind != ChangeKind::Insert;
}

}  // namespace

model::ResumeToken token_of(const Change& change) {
  return model::ResumeToken::event(change.op.time, change.index);
}

model::ResumeToken invalidate_token_of(const Change& change) {
  model::ResumeToken token = token_of(change);
  token.from_invalidate = true;
  return token;
}

bool wants_image(const Change& change, const StreamOptions& options) {
  return change.op.pre.is_document() &&
         (wants_post_image(change, options) || wants_pre_image(change, options));
}

EventImages images_of(const Change& change, const StreamOptions& options, bool shown) {
  EventImages images;
  const bool kept = shown && change.op.pre.is_document();
  if (wants_post_image(change, options)) {
    if (!kept && options.full_document == FullDocument::Required) {
      raise_no_image(change, "fullDocument");
    }
    images.full_document = kept ? bson::Value::document(query::apply_diff(
                                      change.op.pre.as_document(), change.op.diff()))
                                : bson::Value::null();
  }
  if (wants_pre_image(change, options)) {
    if (!kept && options.before_change == FullDocumentBeforeChange::Required) {
      raise_no_image(change, "fullDocumentBeforeChange");
    }
    images.before_change = kept ? bson::Value(change.op.pre) : bson::Value::null();
  }
  return images;
}

bool wants_lookup(const Change& change, const StreamOptions& options) {
  return change.kind == ChangeKind::Update && options.full_document == FullDocument::UpdateLookup;
}

std::string document_key(const Change& change) {
  bson::Builder out;
  out.add("_id", change.op.document_id().value());
  return out.take();
}

std::string make_event(const Change& change, const StreamOptions& options,
                       const EventImages& images) {
  bson::Builder out;
  add_header(out, change, options);
  if (is_document_change(change.kind)) add_full_document(out, change, images);
  const bool is_end = change.kind == ChangeKind::EndOfTransaction;
  if (!is_end) add_namespace(out, "ns", change.db, change.coll);
  if (change.kind == ChangeKind::Rename) add_namespace(out, "to", change.to_db, change.to_coll);
  if (is_document_change(change.kind)) {
    add_document_key(out, change);
    add_update_description(out, change, options);
    out.add("fullDocumentBeforeChange", images.before_change.view());
  }
  if (options.show_expanded_events) add_operation_description(out, change);
  return out.take();
}

std::string make_invalidate(const Change& change) {
  bson::Builder out;
  invalidate_token_of(change).append_to(out, "_id");
  out.add("operationType", "invalidate");
  out.add("clusterTime", change.op.time.timestamp());
  out.add_date("wallTime", change.op.wall_ms);
  return out.take();
}

}  // namespace freshet::stream

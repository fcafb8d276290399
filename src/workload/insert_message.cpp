// SPDX-License-Identifier: Apache-2.0
#include "workload/insert_message.h"

#include <algorithm>

#include "base/bytes.h"
#include "bson/builder.h"
#include "workload/command.h"
#include "workload/message.h"

namespace freshet::workload {
namespace {

constexpr std::size_t kDocumentFrame = 48;  // of a document, besides its text

std::string make_document(std::int64_t bytes) {
  const auto size = static_cast<std::size_t>(bytes);
  bson::Builder builder;
  builder.add_object_id("_id", "............").add(kKeyField, std::int32_t{0});
  builder.add(kSentField, 0.0);
  builder.add("s", std::string(size > kDocumentFrame ? size - kDocumentFrame : 1, 'x'));
  return builder.take();
}

std::size_t offset_of(const std::string& whole, bson::ValueView value) {
  return static_cast<std::size_t>(value.raw().data() - whole.data());
}

}  // namespace

InsertMessage::InsertMessage(Run& run, std::string_view collection, std::int64_t documents)
    : run_(run) {
  const std::string document = make_document(run.options.document_bytes);
  id_ = offset_of(document, bson::View(document)["_id"].value());
  key_ = offset_of(document, bson::View(document)[kKeyField].value());
  sent_ = offset_of(document, bson::View(document)[kSentField].value());

  bson::Builder command;
  command.add("insert", collection).add("ordered", true);
  add_write_fields(command, run);
  const std::string body = command.take();
  bytes_ = make_message(bson::View(body));
  const std::size_t body_at = bytes_.size() - body.size();
  collection_ = body_at + offset_of(body, bson::View(body)["insert"].value()) + 4;
  if (const bson::Element number = bson::View(body)["txnNumber"]) {
    transaction_ = body_at + offset_of(body, number.value());
  }

  bytes_ += '\1';  // a section of documents, as drivers send them
  const std::size_t section = bytes_.size();
  append_le(bytes_, std::int32_t{0});
  bytes_.append("documents", sizeof "documents");
  for (std::int64_t i = 0; i < documents; ++i) {
    documents_.push_back(bytes_.size());
    bytes_ += document;
  }
  store_le(bytes_.data() + section, static_cast<std::int32_t>(bytes_.size() - section));
  store_le(bytes_.data(), static_cast<std::int32_t>(bytes_.size()));
}

void InsertMessage::set(std::size_t i, std::int32_t key, double sent) {
  char* document = bytes_.data() + documents_[i];
  const bson::ObjectId id = run_.object_ids.next();
  std::copy(id.data.begin(), id.data.end(), document + id_);
  store_le(document + key_, key);
  store_le(document + sent_, sent);
}

void InsertMessage::next_transaction() {
  if (transaction_ != 0) store_le(bytes_.data() + transaction_, ++transaction_number_);
}

void InsertMessage::set_collection(std::string_view name) {
  std::copy(name.begin(), name.end(), bytes_.data() + collection_);
}

}  // namespace freshet::workload

// SPDX-License-Identifier: Apache-2.0
// Entries are written with a fixed head, so that readers find `op` and `ns` without walking:
//
//   0 int32 size │ 4 11 "ts\0" 8 bytes │ 16 12 "t\0" 8 bytes │ 27 12 "v\0" 8 bytes
//   38 02 "op\0" int32 2, char, 00 │ 48 02 "ns\0" int32 length, text, 00 │ …
#include "oplog/entry.h"

#include <cstring>

#include "base/bytes.h"
#include "base/invariant.h"

namespace freshet::oplog {
namespace {

constexpr std::size_t kSizeBytes = 4;
constexpr std::size_t kTimeOffset = 8;
constexpr std::size_t kTermOffset = 19;
constexpr std::size_t kKindOffset = 46;
constexpr std::size_t kNsLengthOffset = 52;
constexpr std::size_t kNsOffset = 56;
constexpr std::int64_t kEntryVersion = 2;
// ts t v op ns ui wall lsid txnNumber stmtId bytes without the variable parts, generously
constexpr std::size_t kFixedBytes = 240;

char kind_char(OpKind kind) {
  switch (kind) {
    case OpKind::Insert:
      return 'i';
    case OpKind::Update:
      return 'u';
    case OpKind::Delete:
      return 'd';
    case OpKind::Command:
      return 'c';
    case OpKind::Noop:
      break;
  }
  return 'n';
}

OpKind kind_of(char c) {
  switch (c) {
    case 'i':
      return OpKind::Insert;
    case 'u':
      return OpKind::Update;
    case 'd':
      return OpKind::Delete;
    case 'c':
      return OpKind::Command;
    default:
      return OpKind::Noop;
  }
}

/// Appends elements of one entry in order; take() patches the length.
class EntryBuilder {
 public:
  EntryBuilder(const EntryContext& context, OpKind kind, std::string_view ns, std::size_t variable)
      : context_(context) {
    out_.reserve(kFixedBytes + ns.size() + variable);
    out_.append(4, '\0');
    name(bson::Type::Timestamp, "ts");
    append_le<std::uint64_t>(out_, 0);  // the sequencer writes it
    add_int64("t", context.term);
    add_int64("v", kEntryVersion);
    const char op = kind_char(kind);
    add_string("op", {&op, 1});
    add_string("ns", ns);
  }

  void add_uuid(const model::Uuid& uuid) {
    name(bson::Type::Binary, "ui");
    append_binary(model::Uuid::kBinarySubtype, uuid.bytes());
  }
  void add_document(std::string_view field, bson::View document) {
    name(bson::Type::Document, field);
    out_.append(document.bytes());
  }
  void add_int32(std::string_view field, std::int32_t value) {
    name(bson::Type::Int32, field);
    append_le(out_, value);
  }
  void add_id_document(std::string_view field, bson::ValueView id) {
    name(bson::Type::Document, field);
    const std::size_t start = out_.size();
    out_.append(4, '\0');
    name(id.type(), "_id");
    out_.append(id.raw());
    finish_document(start);
  }
  void add_context() {
    name(bson::Type::Date, "wall");
    append_le(out_, context_.wall_ms);
    if (context_.lsid == nullptr) return;
    add_session(*context_.lsid);
    if (context_.txn_number >= 0) add_int64("txnNumber", context_.txn_number);
    if (context_.stmt_id >= 0) add_int32("stmtId", context_.stmt_id);
  }
  void add_image(std::int32_t bytes_delta, const bson::View* pre_image) {
    if (pre_image != nullptr) add_document("pre", *pre_image);
    if (bytes_delta != 0) add_int32("bytes", bytes_delta);
  }

  commit::PendingEntry take() {
    finish_document(0);
    return {std::move(out_)};
  }

 private:
  void name(bson::Type type, std::string_view field) {
    out_.push_back(static_cast<char>(type));
    out_.append(field);
    out_.push_back('\0');
  }
  void add_int64(std::string_view field, std::int64_t value) {
    name(bson::Type::Int64, field);
    append_le(out_, value);
  }
  void add_string(std::string_view field, std::string_view text) {
    name(bson::Type::String, field);
    append_le(out_, static_cast<std::uint32_t>(text.size() + 1));
    out_.append(text);
    out_.push_back('\0');
  }
  void append_binary(std::uint8_t subtype, std::string_view bytes) {
    append_le(out_, static_cast<std::uint32_t>(bytes.size()));
    out_.push_back(static_cast<char>(subtype));
    out_.append(bytes);
  }
  void add_session(const model::SessionId& session) {
    name(bson::Type::Document, "lsid");
    const std::size_t start = out_.size();
    out_.append(4, '\0');
    name(bson::Type::Binary, "id");
    append_binary(model::Uuid::kBinarySubtype, session.id.bytes());
    name(bson::Type::Binary, "uid");
    append_binary(0, session.digest());
    finish_document(start);
  }
  void finish_document(std::size_t start) {
    out_.push_back('\0');
    store_le(out_.data() + start, static_cast<std::uint32_t>(out_.size() - start));
  }

  const EntryContext& context_;
  std::string out_;
};

/// Entries have one, operations inside an applyOps do not.
bool has_fixed_head(bson::View entry) {
  static constexpr char kFirst[] = "\x11ts";
  return entry.size_bytes() > kNsOffset &&
         std::memcmp(entry.data() + kSizeBytes, kFirst, sizeof kFirst) == 0;
}

/// Reads the head and gives where the element behind it begins.
const char* take_fixed_head(EntryView& entry, const char* data) {
  entry.time = model::ClusterTime(load_le<std::uint64_t>(data + kTimeOffset));
  entry.term = load_le<std::int64_t>(data + kTermOffset);
  entry.kind = kind_of(data[kKindOffset]);
  const std::uint32_t ns_size = load_le<std::uint32_t>(data + kNsLengthOffset);
  entry.ns = {data + kNsOffset, ns_size - 1};
  return data + kNsOffset + ns_size;
}

void take_field(EntryView& entry, const bson::Element& field) {
  const std::string_view name = field.name();
  if (equals(name, "ts")) {
    entry.time = model::ClusterTime(field.as_timestamp());
  } else if (equals(name, "t")) {
    entry.term = field.as_int64();
  } else if (equals(name, "op")) {
    entry.kind = kind_of(field.as_string()[0]);
  } else if (equals(name, "ns")) {
    entry.ns = field.as_string();
  } else if (equals(name, "ui")) {
    entry.ui = field.value();
  } else if (equals(name, "o")) {
    entry.o = field.as_document();
  } else if (equals(name, "o2")) {
    entry.o2 = field.value();
  } else if (equals(name, "wall")) {
    entry.wall_ms = field.as_date_ms();
  } else if (equals(name, "lsid")) {
    entry.lsid = field.value();
  } else if (equals(name, "txnNumber")) {
    entry.txn_number = field.as_int64();
  } else if (equals(name, "stmtId")) {
    entry.stmt_id = field.as_int32();
  } else if (equals(name, "pre")) {
    entry.pre = field.value();
  } else if (equals(name, "bytes")) {
    entry.bytes = field.as_int32();
  }
}

}  // namespace

EntryView EntryView::parse(bson::View entry) {
  EntryView view;
  view.document = entry;
  const char* at = entry.data() + kSizeBytes;
  if (has_fixed_head(entry)) at = take_fixed_head(view, entry.data());
  for (bson::View::Iterator field(at), end = entry.end(); field != end; ++field)
    take_field(view, *field);
  return view;
}

bson::Element EntryView::document_id() const {
  if (kind == OpKind::Update) return o2.is_document() ? o2.as_document()["_id"] : bson::Element();
  return o["_id"];
}

bool EntryView::is_replacement() const {
  return kind == OpKind::Update && (o.empty() || o.begin()->name() != "$v");
}

std::string_view EntryView::command_name() const {
  return o.empty() ? std::string_view() : o.begin()->name();
}

commit::PendingEntry make_insert(const EntryContext& context, const EntryTarget& target,
                                 bson::View document) {
  EntryBuilder entry(context, OpKind::Insert, target.ns, document.size_bytes());
  entry.add_uuid(target.uuid);
  entry.add_document("o", document);
  entry.add_context();
  return entry.take();
}

commit::PendingEntry make_update(const EntryContext& context, const EntryTarget& target,
                                 bson::View o, bson::ValueView id, std::int32_t bytes_delta,
                                 const bson::View* pre_image) {
  const std::size_t image = pre_image == nullptr ? 0 : pre_image->size_bytes();
  EntryBuilder entry(context, OpKind::Update, target.ns, o.size_bytes() + id.raw().size() + image);
  entry.add_uuid(target.uuid);
  entry.add_document("o", o);
  entry.add_id_document("o2", id);
  entry.add_context();
  entry.add_image(bytes_delta, pre_image);
  return entry.take();
}

commit::PendingEntry make_delete(const EntryContext& context, const EntryTarget& target,
                                 bson::ValueView id, std::int32_t bytes_delta,
                                 const bson::View* pre_image) {
  const std::size_t image = pre_image == nullptr ? 0 : pre_image->size_bytes();
  EntryBuilder entry(context, OpKind::Delete, target.ns, id.raw().size() + image);
  entry.add_uuid(target.uuid);
  entry.add_id_document("o", id);
  entry.add_context();
  entry.add_image(bytes_delta, pre_image);
  return entry.take();
}

commit::PendingEntry make_command(const EntryContext& context, std::string_view db,
                                  const std::optional<model::Uuid>& uuid, bson::View o,
                                  const bson::View* o2) {
  const std::string ns = std::string(db) + ".$cmd";
  const std::size_t more = o2 == nullptr ? 0 : o2->size_bytes();
  EntryBuilder entry(context, OpKind::Command, ns, o.size_bytes() + more);
  if (uuid) entry.add_uuid(*uuid);
  entry.add_document("o", o);
  if (o2 != nullptr) entry.add_document("o2", *o2);
  entry.add_context();
  return entry.take();
}

commit::PendingEntry make_noop(const EntryContext& context, bson::View o) {
  EntryBuilder entry(context, OpKind::Noop, "", o.size_bytes());
  entry.add_document("o", o);
  entry.add_context();
  return entry.take();
}

std::string_view entry_ns(std::string_view entry_bytes) {
  invariant(entry_bytes.size() > kNsOffset, "an oplog entry has its fixed head");
  const std::uint32_t length = load_le<std::uint32_t>(entry_bytes.data() + kNsLengthOffset);
  return entry_bytes.substr(kNsOffset, length - 1);
}

OpKind entry_kind(std::string_view entry_bytes) {
  invariant(entry_bytes.size() > kNsOffset, "an oplog entry has its fixed head");
  return kind_of(entry_bytes[kKindOffset]);
}

}  // namespace freshet::oplog

// SPDX-License-Identifier: Apache-2.0
#include "model/session_id.h"

#include "base/error.h"

namespace freshet::model {
namespace {

constexpr std::string_view kId = "id";
constexpr std::string_view kUid = "uid";
constexpr std::size_t kDigestBytes = 32;
// SHA-256 of nothing: what stands for the user where there is no access control.
constexpr std::string_view kNobody(
    "\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24"
    "\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55",
    kDigestBytes);

std::string parse_digest(const bson::Element& element) {
  if (element.type() != bson::Type::Binary) {
    raise(ErrorCode::TypeMismatch, "expected binData in 'lsid.uid', found {}",
          bson::type_alias(element.type()));
  }
  const std::string_view bytes = element.as_binary().bytes;
  if (bytes.size() != kDigestBytes) {
    raise(ErrorCode::UnsupportedFormat, "expected {} bytes in 'lsid.uid', found {}", kDigestBytes,
          bytes.size());
  }
  return std::string(bytes == kNobody ? std::string_view() : bytes);
}

Uuid parse_id(const bson::Element& element) {
  if (element.type() != bson::Type::Binary || element.as_binary().subtype != Uuid::kBinarySubtype) {
    raise(ErrorCode::TypeMismatch, "expected a UUID (binData of subtype 4) in 'lsid.id', found {}",
          bson::type_alias(element.type()));
  }
  const auto id = Uuid::from(element);
  if (!id) raise(ErrorCode::InvalidUUID, "expected 16 bytes in 'lsid.id'");
  return *id;
}

}  // namespace

SessionId SessionId::parse(bson::View lsid) {
  SessionId session;
  bool has_id = false;
  for (const bson::Element& element : lsid) {
    if (element.name() == kId) {
      session.id = parse_id(element);
      has_id = true;
    } else if (element.name() == kUid) {
      session.uid = parse_digest(element);
    } else {
      raise(ErrorCode::Location40415, "BSON field 'lsid.{}' is an unknown field", element.name());
    }
  }
  if (!has_id) raise(location(40414), "BSON field 'lsid.id' is missing but a required field");
  return session;
}

SessionId SessionId::parse(bson::ValueView lsid, std::string_view field) {
  if (lsid.type() != bson::Type::Document) {
    raise(ErrorCode::TypeMismatch, "expected object in '{}', found {}", field,
          bson::type_alias(lsid.type()));
  }
  return parse(lsid.as_document());
}

std::string_view SessionId::digest() const {
  return uid.empty() ? kNobody : std::string_view(uid);
}

void SessionId::append_to(bson::Builder& out, std::string_view name) const {
  out.open_document(name);
  id.append_to(out, kId);
  out.add_binary(kUid, 0, digest());
  out.close();
}

}  // namespace freshet::model

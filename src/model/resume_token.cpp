// SPDX-License-Identifier: Apache-2.0
//   token     = 0x82 cluster time:u64be kind:u8 log:u8 [event]     [event] only when kind is Event
//   event     = index:u32be from-invalidate:u8 (0 or 1) [fragment:u16be]
// Bytewise order is stream order: every field is big-endian and stands before those it outweighs,
// and an absent fragment sorts before fragment 0. docs/formats/resume-token.md has examples.
// Clients keep these bytes: never change them in place.
#include "model/resume_token.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"

namespace freshet::model {
namespace {

constexpr std::string_view kData = "_data";
constexpr unsigned char kFirstByte = 0x82;
constexpr std::size_t kTimeEnd = 9;
constexpr std::size_t kMarkBytes = kTimeEnd + 2;
constexpr std::size_t kEventBytes = kMarkBytes + 5;
constexpr std::size_t kFragmentBytes = kEventBytes + 2;
constexpr std::int32_t kBadFormat = 50811;
constexpr std::int32_t kCutShort = 50810;

unsigned char byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::string token_bytes(bson::View token) {
  const bson::Element data = token[kData];
  if (data.type() == bson::Type::Binary) return std::string(data.as_binary().bytes);
  if (data.type() != bson::Type::String) {
    raise(location(40647), "Bad resume token: expected string in '_data', found {}",
          bson::type_alias(data.type()));
  }
  std::string bytes;
  if (!from_hex(data.as_string(), bytes)) {
    raise(ErrorCode::FailedToParse, "resume token '_data' is not a hexadecimal string");
  }
  return bytes;
}

[[noreturn]] void raise_foreign() {
  raise(ErrorCode::InvalidResumeToken,
        "Invalid resume token: the resume point was not found, the token was not made by this kind "
        "of server");
}

}  // namespace

std::string ResumeToken::bytes() const {
  std::string out;
  out.push_back(static_cast<char>(kFirstByte));
  append_be64(out, time.value());
  out.push_back(static_cast<char>(kind));
  out.push_back(static_cast<char>(log_id));
  if (kind == Kind::HighWaterMark) return out;
  append_be32(out, index);
  out.push_back(from_invalidate ? '\1' : '\0');
  if (fragment) {
    out.push_back(static_cast<char>(*fragment >> 8));
    out.push_back(static_cast<char>(*fragment));
  }
  return out;
}

std::string ResumeToken::data() const {
  std::string hex = to_hex(bytes());
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](char c) { return static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c); });
  return hex;
}

void ResumeToken::append_to(bson::Builder& out, std::string_view name) const {
  out.open_document(name).add(kData, data()).close();
}

std::string ResumeToken::document() const {
  return bson::Builder().add(kData, data()).take();
}

ResumeToken ResumeToken::parse(bson::View token) {
  const std::string bytes = token_bytes(token);
  if (bytes.empty() || byte_at(bytes, 0) != kFirstByte) {
    raise(location(kBadFormat), "Bad resume token: '_data' does not begin with 82");
  }
  if (bytes.size() < kMarkBytes) {
    raise(location(kCutShort), "Bad resume token: '_data' ends after {} bytes", bytes.size());
  }
  ResumeToken result;
  result.time = ClusterTime(load_be64(bytes.data() + 1));
  result.kind = static_cast<Kind>(byte_at(bytes, kTimeEnd));
  result.log_id = byte_at(bytes, kTimeEnd + 1);
  if (result.log_id != 0) raise_foreign();
  if (result.kind == Kind::HighWaterMark && bytes.size() == kMarkBytes) return result;
  const bool sized = bytes.size() == kEventBytes || bytes.size() == kFragmentBytes;
  if (result.kind != Kind::Event || !sized || byte_at(bytes, kEventBytes - 1) > 1) raise_foreign();
  result.index = load_be32(bytes.data() + kMarkBytes);
  result.from_invalidate = byte_at(bytes, kEventBytes - 1) == 1;
  if (bytes.size() == kFragmentBytes) {
    result.fragment = static_cast<std::uint16_t>(byte_at(bytes, kEventBytes) << 8 |
                                                 byte_at(bytes, kEventBytes + 1));
  }
  return result;
}

}  // namespace freshet::model

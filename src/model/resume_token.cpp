// SPDX-License-Identifier: Apache-2.0
//   token     = 0x82 cluster time:u64be kind:u8 log:u8 [event]     [event] only when kind is Event
//   event     = index:u32be from-invalidate:u8 (0 or 1) [fragment:u16be]
// Bytewise order is stream order: every field is big-endian and stands before those it outweighs,
// and an absent fragment sorts before fragment 0. docs/formats/resume-token.md has examples.
// Clients keep these bytes: never change them in place.
#include "model/resume_token.h"

#include <array>

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

/// The bytes, beside the heap: every event carries a token.
class Encoded {
 public:
  explicit Encoded(const ResumeToken& token) {
    put(kFirstByte);
    store_be64(bytes_.data() + size_, token.time.value());
    size_ = kTimeEnd;
    put(static_cast<unsigned char>(token.kind));
    put(token.log_id);
    if (token.is_high_water_mark()) return;
    store_le(bytes_.data() + size_, __builtin_bswap32(token.index));
    size_ += sizeof token.index;
    put(token.from_invalidate ? 1 : 0);
    if (!token.fragment) return;
    put(static_cast<unsigned char>(*token.fragment >> 8));
    put(static_cast<unsigned char>(*token.fragment));
  }
  std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  void put(unsigned char byte) { bytes_[size_++] = static_cast<char>(byte); }

  std::array<char, kFragmentBytes> bytes_;
  std::size_t size_ = 0;
};

/// The two digits of each byte, in the order of memory.
constexpr std::array<std::uint16_t, 256> hex_digits() {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::array<std::uint16_t, 256> pairs{};
  for (unsigned byte = 0; byte < 256; ++byte)
    pairs[byte] = static_cast<std::uint16_t>(kDigits[byte >> 4] | kDigits[byte & 15] << 8);
  return pairs;
}

/// Their upper-case hexadecimal.
class Hex {
 public:
  explicit Hex(const ResumeToken& token) {
    static constexpr std::array<std::uint16_t, 256> kPairs = hex_digits();
    const Encoded encoded(token);
    for (const char byte : encoded.bytes()) {
      store_le(text_.data() + size_, kPairs[static_cast<unsigned char>(byte)]);
      size_ += 2;
    }
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 2 * kFragmentBytes> text_;
  std::size_t size_ = 0;
};

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
  const Encoded encoded(*this);
  return std::string(encoded.bytes());
}

std::string ResumeToken::data() const {
  return std::string(Hex(*this).text());
}

void ResumeToken::append_to(bson::Builder& out, std::string_view name) const {
  out.open_document(name).add(kData, Hex(*this).text()).close();
}

std::string ResumeToken::document() const {
  return bson::Builder().add(kData, Hex(*this).text()).take();
}

bool ResumeToken::is_written_in(bson::View token) const {
  auto at = token.begin();
  if (at == token.end()) return false;
  const bson::Element data = *at;
  return data.name() == kData && data.type() == bson::Type::String &&
         data.as_string() == Hex(*this).text() && ++at == token.end();
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

// SPDX-License-Identifier: Apache-2.0
// Bytes → Message. Whatever the bytes are, the outcome is a value.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "bson/validate.h"
#include "wire/crc32c.h"
#include "wire/message.h"

namespace freshet::wire {
namespace {

constexpr std::uint32_t kKnownRequiredFlags = kChecksumPresent | kMoreToCome;
constexpr std::uint32_t kRequiredFlags = 0xFFFF;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kCompressedHeaderBytes = 9;

DecodeResult malformed(const char* problem, ErrorCode code = ErrorCode::ProtocolError) {
  DecodeResult result;
  result.outcome = DecodeOutcome::Malformed;
  result.code = code;
  result.problem = problem;
  return result;
}

// Reads one message's body front to back. The first failure stays; later reads fail too.
class Parser {
 public:
  /// `message` has the header's fields already; `bytes` is what follows the header, `whole` all of
  /// it.
  Parser(Message message, std::string_view whole, std::string_view bytes, const Limits& limits)
      : message_(std::move(message)), whole_(whole), rest_(bytes), limits_(limits) {}

  DecodeResult parse() && {
    const bool done = message_.op == OpCode::Msg ? op_msg() : op_query();
    DecodeResult result = done ? DecodeResult() : malformed(problem_, code_);
    result.outcome = done ? DecodeOutcome::Ok : DecodeOutcome::Malformed;
    result.recoverable = recoverable_;
    result.message = std::move(message_);
    return result;
  }

 private:
  bool fail(const char* problem, ErrorCode code = ErrorCode::ProtocolError) {
    problem_ = problem;
    code_ = code;
    return false;
  }

  // A frame that is whole, but holds a document that is not: the client can be told.
  bool fail_document(const bson::ValidateResult& result) {
    recoverable_ = true;
    return fail(result.problem, result.too_deep ? ErrorCode::Overflow : ErrorCode::InvalidBSON);
  }

  template <typename T>
  bool take(T& value) {
    if (rest_.size() < sizeof value) return fail("message ends within a field");
    value = load_le<T>(rest_.data());
    rest_.remove_prefix(sizeof value);
    return true;
  }

  bool take_cstring(std::string_view& text, std::string_view& from) {
    const std::size_t end = from.find('\0');
    if (end == std::string_view::npos) return fail("name without terminator");
    text = from.substr(0, end);
    from.remove_prefix(end + 1);
    return true;
  }

  bool take_document(bson::View& document, std::string_view& from) {
    const auto bytes_max =
        static_cast<std::size_t>(limits_.document_bytes_max + limits_.document_envelope_bytes_max);
    if (from.size() >= 4 && load_le<std::uint32_t>(from.data()) <= from.size() &&
        load_le<std::uint32_t>(from.data()) > bytes_max) {
      recoverable_ = true;
      return fail("document larger than allowed", ErrorCode::BSONObjectTooLarge);
    }
    const bson::ValidateResult result =
        bson::validate(from, {.depth_max = static_cast<int>(limits_.nesting_depth_max)});
    if (!result) return fail_document(result);
    document = bson::View(from.data());
    from.remove_prefix(result.size);
    return true;
  }

  bool op_msg() {
    if (!take(message_.flags)) return false;
    if ((message_.flags & kRequiredFlags & ~kKnownRequiredFlags) != 0) {
      return fail("unknown required flag in OP_MSG", ErrorCode::IllegalOpMsgFlag);
    }
    if (message_.has_checksum() && !checksum()) return false;
    bool has_body = false;
    while (!rest_.empty()) {
      const auto kind = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (kind == 0) {
        if (std::exchange(has_body, true)) return fail("more than one body section");
        if (!take_document(message_.body, rest_)) return false;
      } else if (kind == 1) {
        if (!sequence()) return false;
      } else {
        return fail("unknown kind of section");
      }
    }
    return has_body ? no_field_twice() : fail("no body section");
  }

  // A sequence stands for a field of the body, which must not be there as well.
  bool no_field_twice() {
    for (const DocumentSequence& sequence : message_.sequences) {
      if (message_.body[sequence.identifier].type() == bson::Type::Missing) continue;
      recoverable_ = true;
      return fail("a field is both in the body and a section of its own", location(40433));
    }
    return true;
  }

  bool checksum() {
    if (rest_.size() < kChecksumBytes) return fail("message ends within its checksum");
    const std::size_t covered = whole_.size() - kChecksumBytes;
    const auto expected = load_le<std::uint32_t>(whole_.data() + covered);
    rest_.remove_suffix(kChecksumBytes);
    return crc32c(whole_.substr(0, covered)) == expected || fail("checksum does not match");
  }

  bool sequence() {
    const std::size_t available = rest_.size();
    std::int32_t size = 0;
    if (!take(size)) return false;
    if (size < 5 || static_cast<std::size_t>(size) > available)
      return fail("size of a section beyond its message");
    std::string_view section = rest_.substr(0, static_cast<std::size_t>(size) - 4);
    rest_.remove_prefix(section.size());
    DocumentSequence sequence;
    if (!take_cstring(sequence.identifier, section)) return false;
    if (message_.sequence(sequence.identifier) != nullptr)
      return fail("two sections of one identifier");
    while (!section.empty()) {
      bson::View document;
      if (!take_document(document, section)) return false;
      sequence.documents.push_back(document);
    }
    message_.sequences.push_back(std::move(sequence));
    return true;
  }

  bool op_query() {
    std::int32_t skip = 0;
    std::int32_t to_return = 0;
    if (!take(message_.flags) || !take_cstring(message_.query_namespace, rest_)) return false;
    if (!take(skip) || !take(to_return)) return false;
    if (!take_document(message_.body, rest_)) return false;
    bson::View fields;
    if (!rest_.empty() && !take_document(fields, rest_)) return false;
    if (!rest_.empty()) return fail("bytes behind the end of OP_QUERY");
    if (message_.query_namespace.ends_with(".$cmd")) {
      if (to_return != 1 && to_return != -1)
        return fail("a command by OP_QUERY must ask for one document");
      unwrap();
    }
    return true;
  }

  // {$query: command, $readPreference: …} → command
  void unwrap() {
    if (message_.body.empty()) return;
    const bson::Element first = *message_.body.begin();
    if ((first.name() == "$query" || first.name() == "query") &&
        first.type() == bson::Type::Document) {
      message_.body = first.as_document();
    }
  }

  Message message_;
  const std::string_view whole_;
  std::string_view rest_;
  const Limits& limits_;
  const char* problem_ = nullptr;
  ErrorCode code_ = ErrorCode::OK;
  bool recoverable_ = false;
};

bool is_request(OpCode op) {
  return op == OpCode::Msg || op == OpCode::Query;
}

DecodeResult decode_plain(Message message, std::string_view whole, const Limits& limits) {
  if (!is_request(message.op)) return malformed("unknown opcode");
  message.bytes = whole;
  return Parser(std::move(message), whole, whole.substr(kHeaderBytes), limits).parse();
}

// Unpacks into a buffer of the message's own, with the header it would have had uncompressed.
DecodeResult decode_compressed(Message message, std::string_view whole, const Limits& limits) {
  std::string_view rest = whole.substr(kHeaderBytes);
  if (rest.size() < kCompressedHeaderBytes) return malformed("message ends within a field");
  message.op = static_cast<OpCode>(load_le<std::int32_t>(rest.data()));
  const auto size = load_le<std::int32_t>(rest.data() + 4);
  const auto compressor = compressor_by_id(static_cast<std::uint8_t>(rest[8]));
  rest.remove_prefix(kCompressedHeaderBytes);
  if (!is_request(message.op)) return malformed("unknown opcode within OP_COMPRESSED");
  if (size < 0 || size > limits.message_bytes_max - static_cast<std::int64_t>(kHeaderBytes)) {
    return malformed("uncompressed size beyond the limit of messages");
  }
  if (!compressor) return malformed("unknown compressor");
  message.compressed = true;
  message.compressor = *compressor;
  auto storage = std::make_unique<std::string>();
  const auto total = static_cast<std::int32_t>(static_cast<std::size_t>(size) + kHeaderBytes);
  append_le(*storage, total);
  append_le(*storage, message.request_id);
  append_le(*storage, message.response_to);
  append_le(*storage, static_cast<std::int32_t>(message.op));
  if (!decompress(*compressor, rest, static_cast<std::size_t>(size), *storage)) {
    return malformed("compressed data is damaged");
  }
  message.storage = std::move(storage);
  const std::string_view unpacked = *message.storage;
  return decode_plain(std::move(message), unpacked, limits);
}

}  // namespace

std::size_t message_length(std::string_view header, const Limits& limits) {
  const auto length = load_le<std::int32_t>(header.data());
  if (length < static_cast<std::int32_t>(kHeaderBytes) || length > limits.message_bytes_max)
    return 0;
  return static_cast<std::size_t>(length);
}

DecodeResult decode(std::string_view bytes, const Limits& limits) {
  DecodeResult incomplete;
  incomplete.bytes_needed = kHeaderBytes;
  if (bytes.size() < kHeaderBytes) return incomplete;
  const std::size_t length = message_length(bytes, limits);
  if (length == 0) return malformed("impossible length of a message");
  incomplete.bytes_needed = length;
  if (bytes.size() < length) return incomplete;

  Message message;
  message.request_id = load_le<std::int32_t>(bytes.data() + 4);
  message.response_to = load_le<std::int32_t>(bytes.data() + 8);
  message.op = static_cast<OpCode>(load_le<std::int32_t>(bytes.data() + 12));
  const std::string_view whole = bytes.substr(0, length);
  DecodeResult result = message.op == OpCode::Compressed
                            ? decode_compressed(std::move(message), whole, limits)
                            : decode_plain(std::move(message), whole, limits);
  result.bytes_used = length;
  return result;
}

const DocumentSequence* Message::sequence(std::string_view identifier) const {
  const auto at = std::find_if(sequences.begin(), sequences.end(), [&](const DocumentSequence& s) {
    return s.identifier == identifier;
  });
  return at == sequences.end() ? nullptr : &*at;
}

void Message::make_owned() {
  if (storage) return;
  auto copy = std::make_unique<std::string>(bytes);
  const auto moved = [&](const char* at) { return copy->data() + (at - bytes.data()); };
  const auto moved_text = [&](std::string_view text) -> std::string_view {
    return text.data() == nullptr ? text : std::string_view(moved(text.data()), text.size());
  };
  body = bson::View(moved(body.data()));
  query_namespace = moved_text(query_namespace);
  for (DocumentSequence& sequence : sequences) {
    sequence.identifier = moved_text(sequence.identifier);
    for (bson::View& document : sequence.documents)
      document = bson::View(moved(document.data()));
  }
  storage = std::move(copy);
  bytes = *storage;
}

}  // namespace freshet::wire

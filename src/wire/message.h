// SPDX-License-Identifier: Apache-2.0
// Bytes of a socket ↔ messages: OP_MSG, OP_QUERY, OP_COMPRESSED in; OP_MSG, OP_REPLY, OP_COMPRESSED
// out. No sockets.
//
//   message       = header body                          all integers little-endian
//   header        = length:i32 requestID:i32 responseTo:i32 opCode:i32    length counts the header
//   OP_MSG        = flagBits:u32 section+ [crc32c:u32]   crc over all bytes before it, when flag 0
//   section       = 0x00 document | 0x01 size:i32 identifier:cstring document*    size counts itself
//   OP_QUERY      = flags:i32 namespace:cstring skip:i32 numberToReturn:i32 document [document]
//   OP_REPLY      = flags:i32 cursorID:i64 startingFrom:i32 numberReturned:i32 document*
//   OP_COMPRESSED = originalOpCode:i32 uncompressedSize:i32 compressor:u8 bytes
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.h"
#include "base/limits.h"
#include "bson/builder.h"
#include "bson/view.h"
#include "wire/compression.h"

namespace freshet::wire {

inline constexpr std::size_t kHeaderBytes = 16;

/// Never renumber.
enum class OpCode : std::int32_t { Reply = 1, Query = 2004, Compressed = 2012, Msg = 2013 };

/// Flags of OP_MSG.
inline constexpr std::uint32_t kChecksumPresent = 1U << 0;
inline constexpr std::uint32_t kMoreToCome = 1U << 1;
inline constexpr std::uint32_t kExhaustAllowed = 1U << 16;

/// A kind-1 section: documents that belong into the command as the array `identifier`.
struct DocumentSequence {
  std::string_view identifier;
  std::vector<bson::View> documents;
};

/// One request. Borrows the bytes it was decoded from (unless it was compressed) until
/// make_owned(). Move-only.
struct Message {
  std::int32_t request_id = 0;
  std::int32_t response_to = 0;
  OpCode op = OpCode::Msg;  ///< Msg, Query or Reply; never Compressed
  std::uint32_t flags = 0;
  bson::View body;  ///< the command; of OP_QUERY without its `$query` wrapping
  std::vector<DocumentSequence> sequences;
  std::string_view query_namespace;  ///< OP_QUERY only: "admin.$cmd"
  bool compressed = false;           ///< came as OP_COMPRESSED, by `compressor`
  Compressor compressor = Compressor::Noop;

  bool is_query() const { return op == OpCode::Query; }
  bool has_checksum() const { return op == OpCode::Msg && (flags & kChecksumPresent) != 0; }
  bool more_to_come() const { return op == OpCode::Msg && (flags & kMoreToCome) != 0; }
  bool exhaust_allowed() const { return op == OpCode::Msg && (flags & kExhaustAllowed) != 0; }
  /// The sequence of that name; nullptr when there is none.
  const DocumentSequence* sequence(std::string_view identifier) const;

  /// Copies the bytes, so that the buffer they came from may be reused.
  void make_owned();

  Message() = default;
  Message(Message&&) = default;
  Message& operator=(Message&&) = default;

  std::string_view bytes;                ///< what body and sequences point into
  std::unique_ptr<std::string> storage;  ///< those bytes, when this message owns them
};

enum class DecodeOutcome : std::uint8_t { Ok, Malformed, Incomplete };

/// What became of some bytes. When Malformed, `code` and `problem` (static text) say why; the
/// stream cannot be trusted afterwards unless `recoverable`: the frame was whole and only a
/// document in it was bad, so an error reply may be sent.
struct [[nodiscard]] DecodeResult {
  DecodeOutcome outcome = DecodeOutcome::Incomplete;
  std::size_t bytes_needed = 0;  ///< Incomplete: of the whole message, as far as is known
  std::size_t bytes_used = 0;    ///< Ok: of the input
  ErrorCode code = ErrorCode::OK;
  const char* problem = nullptr;
  bool recoverable = false;
  Message message;  ///< Ok: all of it; Malformed and recoverable: the header's fields
};

/// Length of the message that begins with `header`; 0 when that is no possible length. Requires:
/// kHeaderBytes bytes.
std::size_t message_length(std::string_view header, const Limits& limits);

/// Reads the message at the start of `bytes`. Never throws on what it reads, never reads past
/// `bytes`, and allocates no more than the message may legally hold.
DecodeResult decode(std::string_view bytes, const Limits& limits);

/// How a reply is framed.
struct ReplyFrame {
  std::int32_t request_id = 0;   ///< the reply's own
  std::int32_t response_to = 0;  ///< the request it answers (exhaust: the previous reply)
  bool more_to_come = false;
  bool checksum = false;
};

/// Writes one reply straight into an output buffer, behind what is there already: `body()` is the
/// document, finish() closes it and fills in the header. Without finish() nothing valid has been
/// written; see abandon().
class MessageWriter {
 public:
  /// `op` is Msg, or Reply for answers to OP_QUERY. `out` must outlive the writer.
  explicit MessageWriter(std::string& out, OpCode op = OpCode::Msg);

  bson::Builder& body() { return *body_; }
  /// Where the message begins in the buffer.
  std::size_t start() const { return start_; }
  void finish(const ReplyFrame& frame);
  /// Takes back everything written, for another try.
  void restart();

 private:
  void begin();
  std::string& out_;
  std::size_t start_;
  OpCode op_;
  std::optional<bson::Builder> body_;
};

/// Replaces the message that begins at out[start] and ends with the buffer by its OP_COMPRESSED
/// form.
void compress_message(std::string& out, std::size_t start, Compressor compressor);

}  // namespace freshet::wire

// SPDX-License-Identifier: Apache-2.0
// Replies → bytes.
#include <utility>

#include "base/bytes.h"
#include "base/invariant.h"
#include "wire/crc32c.h"
#include "wire/message.h"

namespace freshet::wire {
namespace {

constexpr std::size_t kMsgPrefixBytes = kHeaderBytes + 4 + 1;  // flags, kind of section
constexpr std::size_t kReplyPrefixBytes =
    kHeaderBytes + 4 + 8 + 4 + 4;         // flags, cursor, from, count
constexpr std::size_t kUsualBytes = 500;  // most replies are smaller: they are put into one piece
constexpr std::int32_t kReplyAwaitCapable = 8;
constexpr std::uint32_t kReplyDocuments = 1;

void store_header(std::string& out, std::size_t start, const ReplyFrame& frame, OpCode op) {
  char* const at = out.data() + start;
  store_le(at, static_cast<std::int32_t>(out.size() - start));
  store_le(at + 4, frame.request_id);
  store_le(at + 8, frame.response_to);
  store_le(at + 12, static_cast<std::int32_t>(op));
}

}  // namespace

MessageWriter::MessageWriter(std::string& out, OpCode op) : out_(out), start_(out.size()), op_(op) {
  invariant(op == OpCode::Msg || op == OpCode::Reply, "replies are OP_MSG or OP_REPLY");
  begin();
}

void MessageWriter::begin() {
  out_.reserve(start_ + kUsualBytes);
  out_.resize(start_ + (op_ == OpCode::Msg ? kMsgPrefixBytes : kReplyPrefixBytes), '\0');
  body_.emplace(out_);
}

void MessageWriter::restart() {
  body_.reset();
  out_.resize(start_);
  begin();
}

void MessageWriter::finish(const ReplyFrame& frame) {
  body_->finish();
  char* const flags_at = out_.data() + start_ + kHeaderBytes;
  if (op_ == OpCode::Reply) {
    store_le(flags_at, kReplyAwaitCapable);
    store_le(flags_at + 16, kReplyDocuments);
    return store_header(out_, start_, frame, op_);
  }
  const std::uint32_t flags =
      (frame.checksum ? kChecksumPresent : 0) | (frame.more_to_come ? kMoreToCome : 0);
  store_le(flags_at, flags);
  if (!frame.checksum) return store_header(out_, start_, frame, op_);
  out_.append(4, '\0');
  store_header(out_, start_, frame, op_);
  const std::size_t covered = out_.size() - 4;
  store_le(out_.data() + covered, crc32c(std::string_view(out_).substr(start_, covered - start_)));
}

void compress_message(std::string& out, std::size_t start, Compressor compressor) {
  invariant(out.size() >= start + kHeaderBytes, "a whole message is compressed");
  const std::string body = out.substr(start + kHeaderBytes);
  const auto op = load_le<std::int32_t>(out.data() + start + 12);
  out.resize(start + kHeaderBytes);
  append_le(out, op);
  append_le(out, static_cast<std::int32_t>(body.size()));
  out.push_back(static_cast<char>(compressor));
  compress(compressor, body, out);
  store_le(out.data() + start, static_cast<std::int32_t>(out.size() - start));
  store_le(out.data() + start + 12, static_cast<std::int32_t>(OpCode::Compressed));
}

}  // namespace freshet::wire

// SPDX-License-Identifier: Apache-2.0
#include "wire/message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "bson/json.h"
#include "wire/crc32c.h"

namespace freshet::wire {
namespace {

using std::string_literals::operator""s;

const Limits kLimits;

std::string header(std::size_t length, OpCode op, std::int32_t request_id = 7) {
  std::string out;
  append_le(out, static_cast<std::int32_t>(length));
  append_le(out, request_id);
  append_le(out, std::int32_t{3});
  append_le(out, static_cast<std::int32_t>(op));
  return out;
}

std::string framed(OpCode op, const std::string& body) {
  return header(kHeaderBytes + body.size(), op) + body;
}

std::string flags(std::uint32_t value) {
  std::string out;
  append_le(out, value);
  return out;
}

std::string body_section(const char* json) {
  return "\0"s + bson::from_json(json);
}

std::string sequence_section(std::string_view identifier, const std::string& documents) {
  std::string out = "\1";
  append_le(out, static_cast<std::int32_t>(4 + identifier.size() + 1 + documents.size()));
  return out.append(identifier) + '\0' + documents;
}

std::string op_msg(std::uint32_t bits, const std::string& sections) {
  return framed(OpCode::Msg, flags(bits) + sections);
}

std::string with_checksum(const std::string& sections) {
  std::string out = op_msg(kChecksumPresent, sections + "....");
  out.resize(out.size() - 4);
  append_le(out, crc32c(out));
  return out;
}

std::string op_query(std::string_view ns, std::int32_t to_return, const std::string& documents) {
  std::string body = flags(4).append(ns) + '\0';
  append_le(body, std::int32_t{0});
  append_le(body, to_return);
  return framed(OpCode::Query, body + documents);
}

std::string op_compressed(OpCode inner, std::int32_t size, std::uint8_t id,
                          const std::string& data) {
  std::string body;
  append_le(body, static_cast<std::int32_t>(inner));
  append_le(body, size);
  body.push_back(static_cast<char>(id));
  return framed(OpCode::Compressed, body + data);
}

constexpr const char* kPing = R"({"ping": 1, "$db": "admin"})";

void expect_malformed(const std::string& bytes, const char* what) {
  const DecodeResult result = decode(bytes, kLimits);
  EXPECT_EQ(result.outcome, DecodeOutcome::Malformed) << what;
  EXPECT_NE(result.problem, nullptr) << what;
  EXPECT_NE(result.code, ErrorCode::OK) << what;
}

TEST(DecodeTest, ReadsOpMsg) {
  const std::string bytes = op_msg(kExhaustAllowed, body_section(kPing));
  const std::string received = bytes + "next";
  const DecodeResult result = decode(received, kLimits);
  ASSERT_EQ(result.outcome, DecodeOutcome::Ok) << result.problem;
  EXPECT_EQ(result.bytes_used, bytes.size());
  EXPECT_EQ(result.message.request_id, 7);
  EXPECT_EQ(result.message.response_to, 3);
  EXPECT_TRUE(result.message.exhaust_allowed());
  EXPECT_FALSE(result.message.more_to_come());
  EXPECT_EQ(result.message.body["ping"].as_int32(), 1);
}

TEST(DecodeTest, SectionsComeInAnyOrder) {
  const std::string two = bson::from_json(R"({"_id": 1})") + bson::from_json(R"({"_id": 2})");
  const std::string documents = sequence_section("documents", two);
  const std::string empty = sequence_section("other", "");
  const std::string body = body_section(R"({"insert": "c"})");
  for (const std::string& sections :
       {documents + body + empty, body + empty + documents, empty + documents + body}) {
    const std::string bytes = op_msg(0, sections);
    const DecodeResult result = decode(bytes, kLimits);
    ASSERT_EQ(result.outcome, DecodeOutcome::Ok) << result.problem;
    const DocumentSequence* found = result.message.sequence("documents");
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->documents.size(), 2U);
    EXPECT_EQ(found->documents[1]["_id"].as_int32(), 2);
    EXPECT_TRUE(result.message.sequence("other")->documents.empty());
    EXPECT_EQ(result.message.sequence("none"), nullptr);
  }
}

TEST(DecodeTest, AsksForMoreUntilTheMessageIsWhole) {
  const std::string bytes = with_checksum(body_section(kPing));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const DecodeResult result = decode(bytes.substr(0, size), kLimits);
    EXPECT_EQ(result.outcome, DecodeOutcome::Incomplete) << size;
    EXPECT_EQ(result.bytes_needed, size < kHeaderBytes ? kHeaderBytes : bytes.size());
  }
}

TEST(DecodeTest, VerifiesTheChecksum) {
  std::string bytes = with_checksum(body_section(kPing));
  ASSERT_EQ(decode(bytes, kLimits).outcome, DecodeOutcome::Ok);
  EXPECT_TRUE(decode(bytes, kLimits).message.has_checksum());
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  expect_malformed(bytes, "flipped bit");
  expect_malformed(op_msg(kChecksumPresent, "ab"), "no room for a checksum");
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
}

TEST(DecodeTest, UnknownFlags) {
  EXPECT_EQ(decode(op_msg(1U << 20, body_section(kPing)), kLimits).outcome, DecodeOutcome::Ok);
  const DecodeResult result = decode(op_msg(1U << 5, body_section(kPing)), kLimits);
  EXPECT_EQ(result.outcome, DecodeOutcome::Malformed);
  EXPECT_EQ(result.code, ErrorCode::IllegalOpMsgFlag);
}

TEST(DecodeTest, MalformedFrames) {
  const std::string ping = body_section(kPing);
  const std::string one = bson::from_json(R"({"_id": 1})");
  expect_malformed(header(15, OpCode::Msg), "length below the header's");
  expect_malformed(header(48'000'001, OpCode::Msg), "length beyond the limit");
  expect_malformed(framed(static_cast<OpCode>(2001), "...."), "unknown opcode");
  expect_malformed(framed(OpCode::Reply, "...."), "a reply is no request");
  expect_malformed(framed(OpCode::Msg, ""), "no flags");
  expect_malformed(framed(OpCode::Msg, "ab"), "cut flags");
  expect_malformed(op_msg(0, ""), "no section");
  expect_malformed(op_msg(0, sequence_section("documents", one)), "no body");
  expect_malformed(op_msg(0, ping + ping), "two bodies");
  expect_malformed(op_msg(0, ping + "\2"), "unknown kind of section");
  expect_malformed(op_msg(0, ping + sequence_section("a", one) + sequence_section("a", one)),
                   "one identifier twice");
  expect_malformed(op_msg(0, ping + sequence_section("ping", one)), "field and section");
  expect_malformed(op_msg(0, ping + "\1"), "cut section");
  expect_malformed(op_msg(0, ping + "\1\4\0\0\0"s), "section smaller than its size");
  expect_malformed(op_msg(0, ping + "\1\xFF\0\0\0a\0"s), "section beyond its message");
  expect_malformed(op_msg(0, ping + "\1\xFF\xFF\xFF\xFF"s), "negative section");
  expect_malformed(op_msg(0, ping + "\1\6\0\0\0ab"s), "identifier without terminator");
  expect_malformed(op_msg(0, ping + sequence_section("a", one.substr(0, one.size() - 1))),
                   "cut document in a section");
}

TEST(DecodeTest, BadDocumentsCanBeAnswered) {
  std::string body = body_section(R"({"x": true})");
  body[8] = 2;
  const std::string bytes = op_msg(0, body);
  const DecodeResult result = decode(bytes, kLimits);
  EXPECT_EQ(result.outcome, DecodeOutcome::Malformed);
  EXPECT_TRUE(result.recoverable);
  EXPECT_EQ(result.code, ErrorCode::InvalidBSON);
  EXPECT_EQ(result.message.request_id, 7);
  EXPECT_EQ(result.bytes_used, bytes.size());

  bson::Builder deep;
  for (int i = 0; i < 300; ++i)
    deep.open_document("a");
  for (int i = 0; i < 300; ++i)
    deep.close();
  EXPECT_EQ(decode(op_msg(0, "\0"s + deep.take()), kLimits).code, ErrorCode::Overflow);

  bson::Builder large;
  large.add("x", std::string(17 << 20, 'x'));
  EXPECT_EQ(decode(op_msg(0, "\0"s + large.take()), kLimits).code, ErrorCode::BSONObjectTooLarge);
}

TEST(DecodeTest, ReadsOpQueryCommands) {
  for (const char* json :
       {R"({"isMaster": 1})", R"({"$query": {"isMaster": 1}, "$readPreference": {"mode": "x"}})"}) {
    const std::string bytes = op_query("admin.$cmd", -1, bson::from_json(json));
    const DecodeResult result = decode(bytes, kLimits);
    ASSERT_EQ(result.outcome, DecodeOutcome::Ok) << result.problem;
    EXPECT_TRUE(result.message.is_query());
    EXPECT_EQ(result.message.query_namespace, "admin.$cmd");
    EXPECT_EQ(result.message.body["isMaster"].as_int32(), 1);
  }
  EXPECT_EQ(
      decode(op_query("db.c", 100, bson::from_json("{}") + bson::from_json("{}")), kLimits).outcome,
      DecodeOutcome::Ok);
}

TEST(DecodeTest, MalformedOpQuery) {
  const std::string hello = bson::from_json(R"({"hello": 1})");
  expect_malformed(op_query("admin.$cmd", 2, hello), "a command asks for one");
  expect_malformed(op_query("admin.$cmd", -1, ""), "no document");
  expect_malformed(op_query("admin.$cmd", -1, hello + hello + hello), "bytes behind");
  expect_malformed(op_query("admin.$cmd", -1, hello + "xx"), "half a document behind");
  expect_malformed(framed(OpCode::Query, flags(0) + "admin.$cmd"), "name without terminator");
  expect_malformed(framed(OpCode::Query, flags(0) + "a\0bc"s), "cut numbers");
}

class CompressorTest : public testing::TestWithParam<Compressor> {};

TEST_P(CompressorTest, RoundTripsARequestAndAReply) {
  const std::string text(5000, 'x');
  std::string out = "before";
  MessageWriter writer(out);
  writer.body().add("text", text);
  writer.finish({.request_id = 9, .response_to = 7});
  compress_message(out, 6, GetParam());
  const DecodeResult result = decode(std::string_view(out).substr(6), kLimits);
  ASSERT_EQ(result.outcome, DecodeOutcome::Ok) << result.problem;
  EXPECT_TRUE(result.message.compressed);
  EXPECT_EQ(result.message.compressor, GetParam());
  EXPECT_EQ(result.message.request_id, 9);
  EXPECT_EQ(result.message.body["text"].as_string(), text);
  if (GetParam() != Compressor::Noop) {
    EXPECT_LT(out.size(), 1000U);
  }
}

TEST_P(CompressorTest, DamageAndLiesAreRefused) {
  const std::string plain = flags(0) + body_section(kPing);
  const auto size = static_cast<std::int32_t>(plain.size());
  const auto id = static_cast<std::uint8_t>(GetParam());
  std::string packed;
  compress(GetParam(), plain, packed);
  ASSERT_EQ(decode(op_compressed(OpCode::Msg, size, id, packed), kLimits).outcome,
            DecodeOutcome::Ok);
  expect_malformed(op_compressed(OpCode::Msg, size + 1, id, packed), "says too much");
  expect_malformed(op_compressed(OpCode::Msg, size - 1, id, packed), "says too little");
  expect_malformed(op_compressed(OpCode::Msg, -1, id, packed), "negative");
  expect_malformed(op_compressed(OpCode::Msg, 0, id, packed), "says nothing");
  expect_malformed(op_compressed(OpCode::Msg, 2'000'000'000, id, packed), "a bomb");
  expect_malformed(op_compressed(OpCode::Msg, size, id, packed.substr(0, packed.size() / 2)),
                   "cut");
  expect_malformed(op_compressed(OpCode::Msg, size, id, ""), "empty");
  expect_malformed(op_compressed(OpCode::Compressed, size, id, packed), "compressed twice");
}

INSTANTIATE_TEST_SUITE_P(All, CompressorTest,
                         testing::Values(Compressor::Noop, Compressor::Snappy, Compressor::Zlib,
                                         Compressor::Zstd),
                         [](const auto& test) { return std::string(compressor_name(test.param)); });

TEST(DecodeTest, MalformedOpCompressed) {
  expect_malformed(framed(OpCode::Compressed, "12345678"), "cut");
  expect_malformed(op_compressed(OpCode::Msg, 10, 4, "abcdefghij"), "unknown compressor");
}

TEST(CompressionTest, NamesAreThoseOfHello) {
  EXPECT_EQ(compressor_by_name("zstd"), Compressor::Zstd);
  EXPECT_EQ(compressor_by_name("noop"), std::nullopt);
  EXPECT_EQ(compressor_by_name("lz4"), std::nullopt);
}

TEST(WriterTest, RepliesDecodeAgain) {
  for (const bool checksum : {false, true}) {
    std::string out;
    MessageWriter writer(out);
    writer.body().add("wrong", 1.0);
    writer.restart();
    writer.body().add("ok", 1.0);
    writer.finish({.request_id = 2, .response_to = 7, .more_to_come = true, .checksum = checksum});
    const DecodeResult result = decode(out, kLimits);
    ASSERT_EQ(result.outcome, DecodeOutcome::Ok) << result.problem;
    EXPECT_EQ(result.bytes_used, out.size());
    EXPECT_EQ(result.message.response_to, 7);
    EXPECT_TRUE(result.message.more_to_come());
    EXPECT_EQ(result.message.has_checksum(), checksum);
    EXPECT_EQ(bson::to_json(result.message.body), R"({ "ok" : 1.0 })");
  }
}

TEST(WriterTest, WritesOpReply) {
  std::string out;
  MessageWriter writer(out, OpCode::Reply);
  writer.body().add("ok", 1.0);
  writer.finish({.request_id = 2, .response_to = 7});
  EXPECT_EQ(load_le<std::int32_t>(out.data()), static_cast<std::int32_t>(out.size()));
  EXPECT_EQ(load_le<std::int32_t>(out.data() + 12), 1);
  EXPECT_EQ(load_le<std::int32_t>(out.data() + 16), 8);
  EXPECT_EQ(load_le<std::int64_t>(out.data() + 20), 0);
  EXPECT_EQ(load_le<std::int32_t>(out.data() + 32), 1);
  EXPECT_EQ(bson::View(out.data() + 36)["ok"].as_double(), 1.0);
}

TEST(MessageTest, OwnedOutlivesItsBuffer) {
  const std::string documents = sequence_section("documents", bson::from_json(R"({"_id": 1})"));
  std::string bytes = op_msg(0, documents + body_section(R"({"insert": "c"})"));
  DecodeResult result = decode(bytes, kLimits);
  ASSERT_EQ(result.outcome, DecodeOutcome::Ok);
  result.message.make_owned();
  std::fill(bytes.begin(), bytes.end(), 'x');
  const Message moved = std::move(result.message);
  EXPECT_EQ(moved.body["insert"].as_string(), "c");
  ASSERT_NE(moved.sequence("documents"), nullptr);
  EXPECT_EQ(moved.sequence("documents")->documents[0]["_id"].as_int32(), 1);
}

}  // namespace
}  // namespace freshet::wire

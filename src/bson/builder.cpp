// SPDX-License-Identifier: Apache-2.0
#include "bson/builder.h"

#include <charconv>
#include <utility>

#include "base/invariant.h"

namespace freshet::bson {
namespace {

constexpr std::size_t kFramesReserved = 8;

}  // namespace

Builder::Builder() : Builder(own_) {}

Builder::Builder(std::string& buffer) : out_(&buffer), first_(buffer.size()) {
  frames_.reserve(kFramesReserved);
  frames_.push_back({.start = out_->size(), .next_index = 0});
  out_->append(4, '\0');
}

void Builder::begin(Type type, std::string_view name) {
  out_->push_back(static_cast<char>(type));
  out_->append(name);
  out_->push_back('\0');
}

void Builder::append_string(std::string_view text) {
  append_le(*out_, static_cast<std::uint32_t>(text.size() + 1));
  out_->append(text);
  out_->push_back('\0');
}

Builder& Builder::add(std::string_view name, ValueView value) {
  if (value.type() == Type::Missing) return *this;
  return add_raw(value.type(), name, value.raw());
}

Builder& Builder::add(std::string_view name, View document) {
  return add_raw(Type::Document, name, document.bytes());
}

Builder& Builder::add(std::string_view name, double value) {
  begin(Type::Double, name);
  append_le(*out_, value);
  return *this;
}

Builder& Builder::add(std::string_view name, std::int32_t value) {
  begin(Type::Int32, name);
  append_le(*out_, value);
  return *this;
}

Builder& Builder::add(std::string_view name, std::int64_t value) {
  begin(Type::Int64, name);
  append_le(*out_, value);
  return *this;
}

Builder& Builder::add(std::string_view name, bool value) {
  begin(Type::Bool, name);
  out_->push_back(value ? '\1' : '\0');
  return *this;
}

Builder& Builder::add(std::string_view name, std::string_view value) {
  begin(Type::String, name);
  append_string(value);
  return *this;
}

Builder& Builder::add(std::string_view name, Timestamp value) {
  begin(Type::Timestamp, name);
  append_le(*out_, value.value());
  return *this;
}

Builder& Builder::add(std::string_view name, Decimal128 value) {
  begin(Type::Decimal128, name);
  append_le(*out_, value.low);
  append_le(*out_, value.high);
  return *this;
}

Builder& Builder::add_date(std::string_view name, std::int64_t ms) {
  begin(Type::Date, name);
  append_le(*out_, ms);
  return *this;
}

Builder& Builder::add_null(std::string_view name) {
  begin(Type::Null, name);
  return *this;
}

Builder& Builder::add_object_id(std::string_view name, std::string_view twelve_bytes) {
  invariant(twelve_bytes.size() == 12, "an ObjectId has 12 bytes");
  return add_raw(Type::ObjectId, name, twelve_bytes);
}

Builder& Builder::add_binary(std::string_view name, std::uint8_t subtype, std::string_view bytes) {
  begin(Type::Binary, name);
  append_le(*out_, static_cast<std::uint32_t>(bytes.size()));
  out_->push_back(static_cast<char>(subtype));
  out_->append(bytes);
  return *this;
}

Builder& Builder::add_regex(std::string_view name, std::string_view pattern,
                            std::string_view options) {
  begin(Type::Regex, name);
  out_->append(pattern);
  out_->push_back('\0');
  out_->append(options);
  out_->push_back('\0');
  return *this;
}

Builder& Builder::add_array(std::string_view name, View array) {
  return add_raw(Type::Array, name, array.bytes());
}

Builder& Builder::add_all(View document) {
  const std::string_view bytes = document.bytes();
  out_->append(bytes.substr(4, bytes.size() - 5));
  return *this;
}

Builder& Builder::add_raw(Type type, std::string_view name, std::string_view value_bytes) {
  begin(type, name);
  out_->append(value_bytes);
  return *this;
}

Builder& Builder::open(Type type, std::string_view name) {
  begin(type, name);
  frames_.push_back({.start = out_->size(), .next_index = 0});
  out_->append(4, '\0');
  return *this;
}

Builder& Builder::open_document(std::string_view name) {
  return open(Type::Document, name);
}

Builder& Builder::open_array(std::string_view name) {
  return open(Type::Array, name);
}

Builder& Builder::close() {
  invariant(frames_.size() > 1, "an open document is closed");
  end_frame();
  return *this;
}

std::size_t Builder::size_bytes() const {
  return out_->size() - first_;
}

void Builder::finish() {
  invariant(frames_.size() == 1, "every nested document is closed");
  end_frame();
}

std::string Builder::take() {
  invariant(out_ == &own_, "only a builder's own buffer can be taken");
  finish();
  return std::move(own_);
}

void Builder::end_frame() {
  out_->push_back('\0');
  const std::size_t start = frames_.back().start;
  store_le(out_->data() + start, static_cast<std::uint32_t>(out_->size() - start));
  frames_.pop_back();
}

std::string_view Builder::next_index() {
  const auto done =
      std::to_chars(std::begin(index_text_), std::end(index_text_), frames_.back().next_index++);
  return {index_text_, static_cast<std::size_t>(done.ptr - index_text_)};
}

}  // namespace freshet::bson

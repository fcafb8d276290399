// SPDX-License-Identifier: Apache-2.0
#include "bson/builder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/invariant.h"

namespace freshet::bson {
namespace {

constexpr std::size_t kFramesReserved = 8;

/// The beginning of an element: type byte, name, and what of the value has a fixed size. Put
/// together beside the document, because each append to that asks for room. Long names, which are
/// rare, take their own buffer.
class Head {
 public:
  Head(Type type, std::string_view name) {
    const bool is_short = name.size() <= kNameShort;
    if (!is_short) long_.resize(name.size() + kAround);
    at_ = start_ = is_short ? short_ : long_.data();
    *at_++ = static_cast<char>(type);
    at_ = std::copy(name.begin(), name.end(), at_);
    *at_++ = '\0';
  }

  /// At most 16 bytes in all.
  template <typename T>
  void append(T value) {
    store_le(at_, value);
    at_ += sizeof value;
  }

  std::string_view bytes() const { return {start_, static_cast<std::size_t>(at_ - start_)}; }

 private:
  static constexpr std::size_t kNameShort = 46;
  static constexpr std::size_t kAround = 18;  // type, zero, value

  char short_[kNameShort + kAround];
  std::string long_;
  char* start_;
  char* at_;
};

}  // namespace

Builder::Builder() : Builder(own_) {}

Builder::Builder(std::string& buffer) : out_(&buffer), first_(buffer.size()) {
  frames_.reserve(kFramesReserved);
  frames_.push_back({.start = out_->size(), .next_index = 0});
  out_->append(4, '\0');
}

void Builder::begin(Type type, std::string_view name) {
  Head head(type, name);
  out_->append(head.bytes());
}

// An element whose value has a fixed size goes out in one piece.
template <typename T>
Builder& Builder::add_fixed(Type type, std::string_view name, T value) {
  Head head(type, name);
  head.append(value);
  out_->append(head.bytes());
  return *this;
}

Builder& Builder::add(std::string_view name, ValueView value) {
  if (value.type() == Type::Missing) return *this;
  return add_raw(value.type(), name, value.raw());
}

Builder& Builder::add(std::string_view name, View document) {
  return add_raw(Type::Document, name, document.bytes());
}

Builder& Builder::add(std::string_view name, double value) {
  return add_fixed(Type::Double, name, value);
}

Builder& Builder::add(std::string_view name, std::int32_t value) {
  return add_fixed(Type::Int32, name, value);
}

Builder& Builder::add(std::string_view name, std::int64_t value) {
  return add_fixed(Type::Int64, name, value);
}

Builder& Builder::add(std::string_view name, bool value) {
  return add_fixed(Type::Bool, name, value ? '\1' : '\0');
}

Builder& Builder::add(std::string_view name, std::string_view value) {
  Head head(Type::String, name);
  head.append(static_cast<std::uint32_t>(value.size() + 1));
  out_->append(head.bytes()).append(value).push_back('\0');
  return *this;
}

Builder& Builder::add(std::string_view name, Timestamp value) {
  return add_fixed(Type::Timestamp, name, value.value());
}

Builder& Builder::add(std::string_view name, Decimal128 value) {
  Head head(Type::Decimal128, name);
  head.append(value.low);
  head.append(value.high);
  out_->append(head.bytes());
  return *this;
}

Builder& Builder::add_date(std::string_view name, std::int64_t ms) {
  return add_fixed(Type::Date, name, ms);
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
  Head head(Type::Binary, name);
  head.append(static_cast<std::uint32_t>(bytes.size()));
  head.append(subtype);
  out_->append(head.bytes()).append(bytes);
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
  add_fixed(type, name, std::uint32_t{0});  // the size, which end_frame() writes
  frames_.push_back({.start = out_->size() - 4, .next_index = 0});
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

void Builder::rollback_to(const Mark& mark) {
  invariant(frames_.size() >= mark.depth, "what was open at a mark is open still");
  out_->resize(mark.size);
  frames_.resize(mark.depth);
  frames_.back().next_index = mark.next_index;
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

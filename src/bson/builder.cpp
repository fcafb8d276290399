// SPDX-License-Identifier: Apache-2.0
#include "bson/builder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/invariant.h"

namespace freshet::bson {
namespace {

/// A buffer is filled with zeros this far ahead of what is written: so little that it is still in the
/// processor's cache when it is written over, and that memory nobody needs is not touched.
constexpr std::size_t kAheadMin = 256;
constexpr std::size_t kAheadMax = std::size_t{16} << 10;
constexpr std::size_t kCapacityMin = 64;

char* append(char* to, std::string_view bytes) {
  std::char_traits<char>::copy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

Builder::Builder() : Builder(own_) {}

Builder::Builder(std::string& buffer) : out_(&buffer), first_(buffer.size()) {
  start_ = out_->data();
  at_ = end_ = start_ + first_;
  store_le(room(4), std::uint32_t{0});  // the size, which end_frame() writes
  at_ += 4;
  push_frame(first_);
}

Builder::~Builder() {
  if (out_ != &own_) trim();
}

void Builder::use_buffer() {
  const std::size_t used = written();
  start_ = out_->data();
  at_ = start_ + used;
  end_ = start_ + out_->size();
}

void Builder::grow(std::size_t bytes) {
  const std::size_t used = written();
  const std::size_t wanted = used + bytes;
  if (wanted > out_->capacity()) {
    out_->reserve(std::max({wanted, 2 * out_->capacity(), kCapacityMin}));
  }
  const std::size_t ahead = wanted + std::clamp(used, kAheadMin, kAheadMax);
  out_->resize(std::max(wanted, std::min(ahead, out_->capacity())));
  use_buffer();
}

void Builder::reserve(std::size_t more_bytes) {
  out_->reserve(written() + more_bytes);
  use_buffer();
}

void Builder::trim() {
  if (finished_) return;
  out_->resize(written());
  use_buffer();
  finished_ = true;
}

Builder& Builder::add(std::string_view name, ValueView value) {
  if (value.type() == Type::Missing) return *this;
  return add_raw(value.type(), name, value.raw());
}

Builder& Builder::add(std::string_view name, View document) {
  return add_raw(Type::Document, name, document.bytes());
}

Builder& Builder::add(std::string_view name, std::string_view value) {
  char* to = put_head(room(head_size(name) + 5 + value.size()), Type::String, name);
  store_le(to, static_cast<std::uint32_t>(value.size() + 1));
  to = append(to + 4, value);
  *to++ = '\0';
  at_ = to;
  return *this;
}

Builder& Builder::add(std::string_view name, Decimal128 value) {
  char* const to = put_head(room(head_size(name) + 16), Type::Decimal128, name);
  store_le(to, value.low);
  store_le(to + 8, value.high);
  at_ = to + 16;
  return *this;
}

Builder& Builder::add_null(std::string_view name) {
  at_ = put_head(room(head_size(name)), Type::Null, name);
  return *this;
}

Builder& Builder::add_object_id(std::string_view name, std::string_view twelve_bytes) {
  invariant(twelve_bytes.size() == 12, "an ObjectId has 12 bytes");
  return add_raw(Type::ObjectId, name, twelve_bytes);
}

Builder& Builder::add_binary(std::string_view name, std::uint8_t subtype, std::string_view bytes) {
  char* const to = put_head(room(head_size(name) + 5 + bytes.size()), Type::Binary, name);
  store_le(to, static_cast<std::uint32_t>(bytes.size()));
  to[4] = static_cast<char>(subtype);
  at_ = append(to + 5, bytes);
  return *this;
}

Builder& Builder::add_regex(std::string_view name, std::string_view pattern,
                            std::string_view options) {
  const std::size_t size = head_size(name) + pattern.size() + options.size() + 2;
  char* to = append(put_head(room(size), Type::Regex, name), pattern);
  *to++ = '\0';
  to = append(to, options);
  *to++ = '\0';
  at_ = to;
  return *this;
}

Builder& Builder::add_array(std::string_view name, View array) {
  return add_raw(Type::Array, name, array.bytes());
}

Builder& Builder::add_all(View document) {
  const std::string_view elements = document.bytes().substr(4, document.size_bytes() - 5);
  at_ = append(room(elements.size()), elements);
  return *this;
}

Builder& Builder::add_raw(Type type, std::string_view name, std::string_view value_bytes) {
  char* const to = put_head(room(head_size(name) + value_bytes.size()), type, name);
  at_ = append(to, value_bytes);
  return *this;
}

Builder& Builder::open(Type type, std::string_view name) {
  add_fixed(type, name, std::uint32_t{0});  // the size, which end_frame() writes
  push_frame(written() - 4);
  return *this;
}

Builder& Builder::close() {
  invariant(depth_ > 1, "an open document is closed");
  end_frame();
  return *this;
}

void Builder::rollback_to(const Mark& mark) {
  invariant(depth_ >= mark.depth, "what was open at a mark is open still");
  at_ = start_ + mark.size;
  depth_ = mark.depth;
  frames_[depth_ - 1].next_index = mark.next_index;
}

void Builder::finish() {
  invariant(depth_ == 1, "every nested document is closed");
  end_frame();
  trim();
}

std::string Builder::take() {
  invariant(out_ == &own_, "only a builder's own buffer can be taken");
  finish();
  return std::move(own_);
}

void Builder::more_frames() {
  auto more = std::make_unique<Frame[]>(2 * frames_max_);
  std::copy(frames_, frames_ + depth_, more.get());
  outside_ = std::move(more);
  frames_ = outside_.get();
  frames_max_ *= 2;
}

void Builder::end_frame() {
  *room(1) = '\0';
  ++at_;
  const std::size_t start = frames_[--depth_].start;
  store_le(start_ + start, static_cast<std::uint32_t>(written() - start));
}

std::string_view Builder::next_index() {
  const auto done = std::to_chars(std::begin(index_text_), std::end(index_text_),
                                  frames_[depth_ - 1].next_index++);
  return {index_text_, static_cast<std::size_t>(done.ptr - index_text_)};
}

}  // namespace freshet::bson

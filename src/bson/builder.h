// SPDX-License-Identifier: Apache-2.0
// Writing BSON: one growing buffer, nested documents written in place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/bytes.h"
#include "bson/view.h"

namespace freshet::bson {

/// Appends elements to a document that starts in its own buffer or behind what a caller's buffer
/// already holds. Nested documents are opened and closed in order (open(), close()). What is added
/// must not lie in the buffer itself. Not thread-safe; no exceptions besides bad_alloc.
///
///     Builder b;
///     b.add("n", std::int32_t{1});
///     b.open_document("cursor").add("id", std::int64_t{0}).open_array("firstBatch");
///     for (…) b.push(doc);
///     b.close().close();
///     std::string bytes = b.take();
class Builder {
 public:
  Builder();
  /// Continues in `buffer`, which must outlive the builder; take() is not allowed then, finish()
  /// is. Until that, or the builder's end, the buffer is the builder's: it is longer than what was
  /// written.
  explicit Builder(std::string& buffer);
  /// A caller's buffer ends with what was written.
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Builder& add(std::string_view name, ValueView value);  ///< Missing adds nothing
  Builder& add(std::string_view name, View document);
  Builder& add(std::string_view name, double value) { return add_fixed(Type::Double, name, value); }
  Builder& add(std::string_view name, std::int32_t value) {
    return add_fixed(Type::Int32, name, value);
  }
  Builder& add(std::string_view name, std::int64_t value) {
    return add_fixed(Type::Int64, name, value);
  }
  Builder& add(std::string_view name, bool value) {
    return add_fixed(Type::Bool, name, value ? '\1' : '\0');
  }
  Builder& add(std::string_view name, std::string_view value);
  Builder& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  Builder& add(std::string_view name, const std::string& value) {
    return add(name, std::string_view(value));
  }
  Builder& add(std::string_view name, Timestamp value) {
    return add_fixed(Type::Timestamp, name, value.value());
  }
  Builder& add(std::string_view name, Decimal128 value);
  Builder& add(const Element& element) { return add(element.name(), element.value()); }
  Builder& add_date(std::string_view name, std::int64_t ms) {
    return add_fixed(Type::Date, name, ms);
  }
  Builder& add_null(std::string_view name);
  Builder& add_object_id(std::string_view name, std::string_view twelve_bytes);
  Builder& add_binary(std::string_view name, std::uint8_t subtype, std::string_view bytes);
  Builder& add_regex(std::string_view name, std::string_view pattern, std::string_view options);
  Builder& add_array(std::string_view name, View array);
  /// All elements of `document`, in order.
  Builder& add_all(View document);
  /// Type byte, name and value bytes as given. Requires: well-formed value bytes.
  Builder& add_raw(Type type, std::string_view name, std::string_view value_bytes);

  Builder& open_document(std::string_view name) { return open(Type::Document, name); }
  Builder& open_array(std::string_view name) { return open(Type::Array, name); }
  /// Ends the innermost open document or array.
  Builder& close();

  /// Inside an array: appends with the next index as name. A Missing value is written as null, so
  /// that no index is passed over.
  template <typename T>
  Builder& push(const T& value) {
    if constexpr (std::is_convertible_v<const T&, ValueView>) {
      if (static_cast<const ValueView&>(value).type() == Type::Missing)
        return add_null(next_index());
    }
    return add(next_index(), value);
  }
  Builder& push_raw(Type type, std::string_view value_bytes) {
    return add_raw(type, next_index(), value_bytes);
  }
  Builder& push_document() { return open_document(next_index()); }
  Builder& push_array() { return open_array(next_index()); }

  /// Bytes written so far, all of them counted from the start of this document.
  std::size_t size_bytes() const { return written() - first_; }
  /// Those bytes; good until the next call that writes.
  std::string_view bytes() const { return {start_ + first_, size_bytes()}; }
  /// Makes room for so many bytes more, for who knows that they will come. Room alone: memory that
  /// is not written to is not touched.
  void reserve(std::size_t more_bytes);

  /// A point to come back to while the documents that are open at it stay open.
  struct Mark {
    std::size_t size;
    std::size_t depth;
    std::uint32_t next_index;
  };
  Mark mark() const { return {written(), depth_, frames_[depth_ - 1].next_index}; }
  /// Takes back what was written since, whatever it opened.
  void rollback_to(const Mark& mark);

  /// Closes the outermost document. Nothing is written after it. Requires: every nested one is
  /// closed.
  void finish();
  /// finish() and give up the buffer. Requires: own buffer.
  std::string take();

 private:
  struct Frame {
    std::size_t start;
    std::uint32_t next_index;
  };
  static constexpr std::size_t kFramesInside = 8;

  std::size_t written() const { return static_cast<std::size_t>(at_ - start_); }
  /// Where the next `bytes` may be written. They count as written by moving at_.
  char* room(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
      grow(bytes);
    return at_;
  }
  void grow(std::size_t bytes);
  void use_buffer();
  void trim();

  /// Type, name and zero byte at `to`; gives where the value goes.
  static char* put_head(char* to, Type type, std::string_view name) {
    *to++ = static_cast<char>(type);
    std::char_traits<char>::copy(to, name.data(), name.size());
    to += name.size();
    *to++ = '\0';
    return to;
  }
  static std::size_t head_size(std::string_view name) { return name.size() + 2; }

  template <typename T>
  Builder& add_fixed(Type type, std::string_view name, T value) {
    char* const to = put_head(room(head_size(name) + sizeof value), type, name);
    store_le(to, value);
    at_ = to + sizeof value;
    return *this;
  }
  Builder& open(Type type, std::string_view name);
  void push_frame(std::size_t start) {
    if (depth_ == frames_max_) [[unlikely]]
      more_frames();
    frames_[depth_++] = {.start = start, .next_index = 0};
  }
  void more_frames();
  void end_frame();
  std::string_view next_index();

  std::string own_;
  std::string* out_;   // longer than what was written: appending to it would ask for room each time
  std::size_t first_;  // where this document begins in *out_
  char* start_ = nullptr;  // of *out_
  char* at_ = nullptr;     // where the next byte goes
  char* end_ = nullptr;    // of *out_
  Frame inside_[kFramesInside];
  std::unique_ptr<Frame[]> outside_;  // for what is nested deeper
  Frame* frames_ = inside_;
  std::size_t frames_max_ = kFramesInside;
  std::size_t depth_ = 0;
  bool finished_ = false;  // the buffer is its owner's again
  char index_text_[12];
};

}  // namespace freshet::bson

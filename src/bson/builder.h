// SPDX-License-Identifier: Apache-2.0
// Writing BSON: one growing buffer, nested documents written in place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "bson/view.h"

namespace freshet::bson {

/// Appends elements to a document that starts in its own buffer or behind what a caller's buffer
/// already holds. Nested documents are opened and closed in order (open(), close()). Not
/// thread-safe; no exceptions besides bad_alloc.
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
  /// is.
  explicit Builder(std::string& buffer);
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Builder& add(std::string_view name, ValueView value);  ///< Missing adds nothing
  Builder& add(std::string_view name, View document);
  Builder& add(std::string_view name, double value);
  Builder& add(std::string_view name, std::int32_t value);
  Builder& add(std::string_view name, std::int64_t value);
  Builder& add(std::string_view name, bool value);
  Builder& add(std::string_view name, std::string_view value);
  Builder& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  Builder& add(std::string_view name, const std::string& value) {
    return add(name, std::string_view(value));
  }
  Builder& add(std::string_view name, Timestamp value);
  Builder& add(std::string_view name, Decimal128 value);
  Builder& add(const Element& element) { return add(element.name(), element.value()); }
  Builder& add_date(std::string_view name, std::int64_t ms);
  Builder& add_null(std::string_view name);
  Builder& add_object_id(std::string_view name, std::string_view twelve_bytes);
  Builder& add_binary(std::string_view name, std::uint8_t subtype, std::string_view bytes);
  Builder& add_regex(std::string_view name, std::string_view pattern, std::string_view options);
  Builder& add_array(std::string_view name, View array);
  /// All elements of `document`, in order.
  Builder& add_all(View document);
  /// Type byte, name and value bytes as given. Requires: well-formed value bytes.
  Builder& add_raw(Type type, std::string_view name, std::string_view value_bytes);

  Builder& open_document(std::string_view name);
  Builder& open_array(std::string_view name);
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
  std::size_t size_bytes() const;
  /// Those bytes; good until the next call that writes.
  std::string_view bytes() const { return std::string_view(*out_).substr(first_); }
  /// Makes room for so many bytes more, for who knows that they will come.
  void reserve(std::size_t more_bytes) { out_->reserve(out_->size() + more_bytes); }

  /// A point to come back to while the documents that are open at it stay open.
  struct Mark {
    std::size_t size;
    std::size_t depth;
    std::uint32_t next_index;
  };
  Mark mark() const { return {out_->size(), frames_.size(), frames_.back().next_index}; }
  /// Takes back what was written since, whatever it opened.
  void rollback_to(const Mark& mark);

  /// Closes the outermost document. Requires: every nested one is closed.
  void finish();
  /// finish() and give up the buffer. Requires: own buffer.
  std::string take();

 private:
  struct Frame {
    std::size_t start;
    std::uint32_t next_index;
  };
  void begin(Type type, std::string_view name);
  template <typename T>
  Builder& add_fixed(Type type, std::string_view name, T value);
  Builder& open(Type type, std::string_view name);
  void end_frame();
  std::string_view next_index();

  std::string own_;
  std::string* out_;
  std::size_t first_;  // where this document begins in *out_
  std::vector<Frame> frames_;
  char index_text_[12];
};

}  // namespace freshet::bson

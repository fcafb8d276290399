// SPDX-License-Identifier: Apache-2.0
#include "bson/readable.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "bson/builder.h"
#include "bson/type.h"

namespace freshet::bson {
namespace {

constexpr std::size_t kLengthBytes = 4;

/// The bytes of a string value, from a value that begins with one.
std::string readable_text(std::string_view raw) {
  const auto length = static_cast<std::size_t>(load_le<std::int32_t>(raw.data()));
  const std::string text = utf8_replaced(std::string(raw.substr(kLengthBytes, length - 1)));
  std::string out;
  append_le(out, static_cast<std::int32_t>(text.size() + 1));
  return out.append(text).append(1, '\0');
}

/// What stands behind the string that a value begins with.
std::string_view behind_text(std::string_view raw) {
  return raw.substr(kLengthBytes + static_cast<std::size_t>(load_le<std::int32_t>(raw.data())));
}

void add_readable(Builder& out, View document);

void add_readable(Builder& out, const Element& field) {
  const std::string name = utf8_replaced(std::string(field.name()));
  const std::string_view raw = field.value().raw();
  switch (field.type()) {
    case Type::Document:
      add_readable(out.open_document(name), field.as_document());
      out.close();
      return;
    case Type::Array:
      add_readable(out.open_array(name), field.as_document());
      out.close();
      return;
    case Type::String:
    case Type::Symbol:
    case Type::JavaScript:
      out.add_raw(field.type(), name, readable_text(raw));
      return;
    case Type::DbPointer:
      out.add_raw(field.type(), name, readable_text(raw).append(behind_text(raw)));
      return;
    case Type::JavaScriptWithScope: {
      const std::string_view code = raw.substr(kLengthBytes);
      const std::string inner = readable_text(code) + readable(View(behind_text(code)));
      std::string value;
      append_le(value, static_cast<std::int32_t>(kLengthBytes + inner.size()));
      out.add_raw(field.type(), name, value.append(inner));
      return;
    }
    case Type::Regex:
      out.add_raw(field.type(), name, utf8_replaced(std::string(raw)));
      return;
    default:
      out.add_raw(field.type(), name, raw);
  }
}

void add_readable(Builder& out, View document) {
  for (const Element& field : document)
    add_readable(out, field);
}

}  // namespace

std::string readable(View document) {
  Builder out;
  add_readable(out, document);
  return out.take();
}

}  // namespace freshet::bson

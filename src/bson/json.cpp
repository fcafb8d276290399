// SPDX-License-Identifier: Apache-2.0
#include "bson/json.h"

#include <bson/bson.h>

#include <memory>

#include "base/error.h"
#include "bson/builder.h"

namespace freshet::bson {
namespace {

struct Free {
  void operator()(char* text) const { bson_free(text); }
};

// A unique_ptr of bson_t would drop the alignment that its type carries.
class Parsed {
 public:
  explicit Parsed(bson_t* document) : document_(document) {}
  ~Parsed() { bson_destroy(document_); }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;
  const bson_t* get() const { return document_; }

 private:
  bson_t* document_;  // bson_destroy(nullptr) does nothing
};

}  // namespace

std::string to_json(View document, JsonMode mode) {
  bson_t raw;
  const auto bytes = document.bytes();
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()))
    return "{}";
  const std::unique_ptr<char, Free> text(mode == JsonMode::Canonical
                                             ? bson_as_canonical_extended_json(&raw, nullptr)
                                             : bson_as_relaxed_extended_json(&raw, nullptr));
  // The library refuses strings that are not UTF-8 and very deep nesting; both are legal here.
  return text ? std::string(text.get()) : "{ \"$notShown\" : \"not UTF-8, or nested too deeply\" }";
}

std::string to_json(ValueView value, JsonMode mode) {
  if (value.type() == Type::Missing) return "missing";
  Builder wrapped;
  const std::string text = to_json(View(wrapped.add("v", value).take()), mode);
  const std::size_t begin = text.find(" : ");
  const std::size_t end = text.rfind(" }");
  return text.substr(begin + 3, end - begin - 3);
}

std::string from_json(std::string_view text) {
  bson_error_t error;
  const Parsed document(bson_new_from_json(reinterpret_cast<const std::uint8_t*>(text.data()),
                                           static_cast<ssize_t>(text.size()), &error));
  if (document.get() == nullptr)
    raise(ErrorCode::FailedToParse, "not Extended JSON: {}", error.message);
  return {reinterpret_cast<const char*>(bson_get_data(document.get())), document.get()->len};
}

}  // namespace freshet::bson

// SPDX-License-Identifier: Apache-2.0
#include "bson/validate.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/utf8.h"
#include "bson/type.h"

namespace freshet::bson {
namespace {

constexpr int kDepthMax = 256;
constexpr std::size_t kDocumentBytesMin = 5;

// Walks the bytes once. Nested documents are a stack of the places where each must end.
class Walk {
 public:
  Walk(std::string_view bytes, const ValidateOptions& options)
      : bytes_(bytes),
        depth_max_(std::clamp(options.depth_max, 1, kDepthMax)),
        check_utf8_(options.check_utf8) {}

  ValidateResult run() {
    if (!open_document(bytes_.size())) return result_;
    while (depth_ > 0) {
      if (!element()) return result_;
    }
    result_.size = at_;
    return result_;
  }

 private:
  bool fail(const char* problem) {
    result_.problem = problem;
    result_.offset = at_;
    return false;
  }

  std::size_t end() const { return ends_[depth_ - 1]; }
  // Bytes left for the current value; the document's own terminator is not among them.
  std::size_t room() const { return end() - 1 - at_; }

  // A document begins here and must end at or before `limit`.
  bool open_document(std::size_t limit) {
    if (limit - at_ < kDocumentBytesMin) return fail("document shorter than 5 bytes");
    const auto size = load_le<std::int32_t>(bytes_.data() + at_);
    if (size < static_cast<std::int32_t>(kDocumentBytesMin)) return fail("document size below 5");
    if (static_cast<std::size_t>(size) > limit - at_)
      return fail("document size beyond its container");
    if (bytes_[at_ + static_cast<std::size_t>(size) - 1] != 0)
      return fail("document without terminator");
    if (depth_ == depth_max_) {
      result_.too_deep = true;
      return fail("documents nested too deeply");
    }
    ends_[depth_++] = at_ + static_cast<std::size_t>(size);
    at_ += 4;
    return true;
  }

  bool element() {
    if (at_ == end() - 1) {  // the terminator, checked when the document was opened
      ++at_;
      --depth_;
      return true;
    }
    const auto type = static_cast<Type>(bytes_[at_]);
    if (type == Type::Missing) return fail("document ends before its size says");
    ++at_;
    return cstring("element name without terminator") && value(type);
  }

  bool value(Type type) {
    switch (type) {
      case Type::Missing:
        break;
      case Type::Undefined:
      case Type::Null:
      case Type::MinKey:
      case Type::MaxKey:
        return true;
      case Type::Bool:
        if (room() < 1) return fail("value beyond its document");
        if (static_cast<unsigned char>(bytes_[at_]) > 1)
          return fail("boolean that is neither 0 nor 1");
        return skip(1);
      case Type::Int32:
        return skip(4);
      case Type::Double:
      case Type::Date:
      case Type::Timestamp:
      case Type::Int64:
        return skip(8);
      case Type::ObjectId:
        return skip(12);
      case Type::Decimal128:
        return skip(16);
      case Type::String:
      case Type::JavaScript:
      case Type::Symbol:
        return string();
      case Type::DbPointer:
        return string() && skip(12);
      case Type::Document:
      case Type::Array:
        return open_document(end() - 1);
      case Type::Binary:
        return binary();
      case Type::Regex:
        return cstring("regex without terminator") && cstring("regex without terminator");
      case Type::JavaScriptWithScope:
        return code_with_scope();
    }
    return fail("unknown element type");
  }

  bool skip(std::size_t count) {
    if (room() < count) return fail("value beyond its document");
    at_ += count;
    return true;
  }

  bool text(std::size_t size) {
    if (!check_utf8_) return true;
    return is_utf8(bytes_.substr(at_, size)) ? true : fail("string that is not UTF-8");
  }

  bool cstring(const char* problem) {
    const void* zero = std::memchr(bytes_.data() + at_, 0, room());
    if (zero == nullptr) return fail(problem);
    const auto size =
        static_cast<std::size_t>(static_cast<const char*>(zero) - (bytes_.data() + at_));
    if (!text(size)) return false;
    at_ += size + 1;
    return true;
  }

  bool length(std::int32_t min, std::int32_t& size) {
    if (room() < 4) return fail("value beyond its document");
    size = load_le<std::int32_t>(bytes_.data() + at_);
    if (size < min) return fail("length too small");
    at_ += 4;
    return true;
  }

  bool string() {
    std::int32_t size = 0;
    if (!length(1, size)) return false;
    const auto count = static_cast<std::size_t>(size);
    if (room() < count) return fail("string beyond its document");
    if (bytes_[at_ + count - 1] != 0) return fail("string without terminator");
    if (!text(count - 1)) return false;
    at_ += count;
    return true;
  }

  bool binary() {
    std::int32_t size = 0;
    if (!length(0, size) || !skip(1)) return false;
    const auto count = static_cast<std::size_t>(size);
    if (room() < count) return fail("binary beyond its document");
    constexpr char kOldBinary = 2;  // repeats its length inside
    if (bytes_[at_ - 1] == kOldBinary &&
        (size < 4 || load_le<std::int32_t>(bytes_.data() + at_) != size - 4)) {
      return fail("old binary with a wrong inner length");
    }
    at_ += count;
    return true;
  }

  // size:i32 code:string scope:document, the size counting all three. The scope is walked like any
  // nested document, and must fill the rest exactly.
  bool code_with_scope() {
    const std::size_t begin = at_;
    std::int32_t size = 0;
    if (!length(14, size)) return false;
    const auto count = static_cast<std::size_t>(size);
    if (room() + 4 < count) return fail("code with scope beyond its document");
    if (!string()) return false;
    const std::size_t value_end = begin + count;
    if (at_ > value_end) return fail("code beyond its code with scope");
    if (!open_document(value_end)) return false;
    return end() == value_end ? true : fail("scope does not fill its code with scope");
  }

  const std::string_view bytes_;
  const int depth_max_;
  const bool check_utf8_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::size_t ends_[kDepthMax];
  ValidateResult result_;
};

}  // namespace

ValidateResult validate(std::string_view bytes, const ValidateOptions& options) {
  return Walk(bytes, options).run();
}

}  // namespace freshet::bson

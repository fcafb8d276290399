// SPDX-License-Identifier: Apache-2.0
#include "collection/index_keys.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/key.h"
#include "bson/stored_hash.h"
#include "bson/value.h"
#include "collection/entry_types.h"
#include "collection/key_makers.h"
#include "collection/key_values.h"

namespace freshet::collection {
namespace {

using bson::ValueView;
using catalog::IndexDefinition;
using catalog::IndexPart;

std::string encode(const IndexDefinition& index, const std::vector<ComponentValue>& values) {
  std::string key;
  for (std::size_t i = 0; i < values.size(); ++i)
    append_index_value(key, index, i, values[i].value);
  return bounded_key(std::move(key));
}

bool all_missing(const std::vector<ComponentValue>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const ComponentValue& v) { return v.value.missing(); });
}

class KeySink final : public CombinationSink {
 public:
  KeySink(const IndexDefinition& index, IndexKeys& out) : index_(index), out_(out) {}
  void take(const std::vector<ComponentValue>& values) override {
    if (index_.sparse && all_missing(values)) return;
    // The combinations differ in what came out of an array only.
    if (out_.keys.empty()) out_.types = entry_types(index_, values);
    out_.keys.push_back(encode(index_, values));
  }

 private:
  const IndexDefinition& index_;
  IndexKeys& out_;
};

class KeyValueSink final : public CombinationSink {
 public:
  KeyValueSink(const IndexDefinition& index, std::string_view key) : index_(index), key_(key) {}
  void take(const std::vector<ComponentValue>& values) override {
    if (!found_.empty() || bounded_key(encode(index_, values)) != key_) return;
    bson::Builder out;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].value.missing()) {
        out.add_null(index_.parts[i].path);
      } else {
        out.add(index_.parts[i].path, values[i].value);
      }
    }
    found_ = out.take();
  }
  std::string found() { return found_.empty() ? bson::View().to_string() : std::move(found_); }

 private:
  const IndexDefinition& index_;
  std::string_view key_;
  std::string found_;
};

/// The usual index: one component, no dots, no array. False when it is not that simple.
bool single_key(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  if (index.parts.size() != 1 || !index.holds_values()) return false;
  const IndexPart& part = index.parts.front();
  if (part.path.find('.') != std::string::npos) return false;
  const bson::Element value = document[part.path];
  if (value.is_array()) return false;
  if (value.missing() && index.sparse) return true;
  std::string key;
  append_index_value(key, index, 0, value);
  out.keys.push_back(bounded_key(std::move(key)));
  out.cut = is_cut_key(out.keys.back());
  out.types = entry_types(index, {{value, false}});
  return true;
}

void finish(IndexKeys& keys) {
  keys.cut = std::any_of(keys.keys.begin(), keys.keys.end(), is_cut_key);
  if (keys.keys.size() < 2) return;
  std::sort(keys.keys.begin(), keys.keys.end());
  keys.keys.erase(std::unique(keys.keys.begin(), keys.keys.end()), keys.keys.end());
}

/// A row for each kind of index in catalog/index_kind.cpp.
struct KeyMaker {
  catalog::IndexKind kind;
  void (*make)(const IndexDefinition& index, bson::View document, IndexKeys& out);
};

constexpr KeyMaker kKeyMakers[] = {
    {catalog::IndexKind::Ordered, make_ordered_keys},
    {catalog::IndexKind::Hashed, make_hashed_keys},
    {catalog::IndexKind::Wildcard, make_wildcard_keys},
    {catalog::IndexKind::Text, make_text_keys},
    {catalog::IndexKind::Sphere, make_sphere_keys},
    {catalog::IndexKind::Flat, make_flat_keys},
};

}  // namespace

void append_index_value(std::string& out, const IndexDefinition& index, std::size_t part,
                        ValueView value) {
  const IndexPart& component = index.parts[part];
  const query::Collation* collation = index.collation.get();
  if (component.kind != IndexPart::Kind::Hashed) {
    bson::append_key(out, value, component.descending(), collation);
    return;
  }
  std::string plain;
  bson::append_key(plain, value, false, collation);
  const auto hash = static_cast<std::int64_t>(bson::stored_hash_64(plain));
  bson::append_key(out, bson::Value::int64(hash));
}

void make_ordered_keys(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  KeySink sink(index, out);
  out.arrays = for_each_combination(index, document, sink);
}

void make_hashed_keys(const IndexDefinition& index, bson::View document, IndexKeys& out) {
  make_ordered_keys(index, document, out);
  if (!out.arrays.empty()) {
    raise(location(16766), "hashed indexes do not support array values");
  }
}

IndexKeys index_keys(const IndexDefinition& index, bson::View document) {
  IndexKeys result;
  if (index.partial != nullptr && !index.partial->matches(document)) return result;
  if (single_key(index, document, result)) return result;
  for (const KeyMaker& maker : kKeyMakers) {
    if (maker.kind == index.kind) maker.make(index, document, result);
  }
  finish(result);
  return result;
}

std::string bounded_key(std::string encoded) {
  if (encoded.size() <= kKeyPrefixBytes) return encoded;
  const std::string hash = bson::stored_hash_128(encoded);
  encoded.resize(kKeyPrefixBytes);
  return encoded + hash;
}

std::string bounded_begin(std::string encoded) {
  if (encoded.size() > kKeyPrefixBytes) encoded.resize(kKeyPrefixBytes);
  return encoded;
}

std::string bounded_end(std::string encoded) {
  if (encoded.size() <= kKeyPrefixBytes) return encoded;
  encoded.resize(kKeyPrefixBytes);
  return bson::prefix_end(encoded);
}

std::string key_value_document(const IndexDefinition& index, bson::View document,
                               std::string_view key) {
  KeyValueSink sink(index, key);
  for_each_combination(index, document, sink);
  return sink.found();
}

}  // namespace freshet::collection

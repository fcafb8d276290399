// SPDX-License-Identifier: Apache-2.0
#include "catalog/index_spec.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/utf8.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "catalog/options.h"

namespace freshet::catalog {
namespace {

using bson::Type;

constexpr std::int64_t kExpireSecondsMax = INT32_MAX;

[[noreturn]] void cannot(const std::string& why) {
  raise(ErrorCode::CannotCreateIndex, "{}", why);
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> set) {
  for (const std::string_view member : set) {
    if (member == text) return true;
  }
  return false;
}

void check_path(std::string_view path) {
  if (path.empty()) cannot("index keys cannot be an empty field");
  if (path == "$**" || path.ends_with(".$**")) cannot("wildcard indexes are not supported");
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t dot = std::min(path.find('.', start), path.size());
    const std::string_view part = path.substr(start, dot - start);
    if (part.empty()) cannot("index keys cannot contain an empty field");
    const bool reference = part == "$id" || part == "$db" || part == "$ref";
    if (part[0] == '$' && !reference) cannot("index key contains a field name that begins with $");
    start = dot + 1;
  }
}

IndexPart::Kind part_kind(const bson::Element& field) {
  if (field.is_string()) {
    const std::string_view plugin = field.as_string();
    if (plugin.empty()) return IndexPart::Kind::Ascending;
    if (plugin == "hashed") return IndexPart::Kind::Hashed;
    if (one_of(plugin, {"text", "2d", "2dsphere", "columnstore", "queryable_encrypted_range"})) {
      cannot(fmt::format("index type '{}' is not supported by this server", plugin));
    }
    cannot(fmt::format("unknown index plugin '{}'", plugin));
  }
  if (!field.is_number()) {
    cannot(fmt::format("values in an index key pattern are numbers or strings, '{}' has {}",
                       field.name(), bson::type_alias(field.type())));
  }
  const double direction = field.number_as_double();
  if (direction == 0 || std::isnan(direction)) {
    cannot("values in an index key pattern cannot be 0 or NaN");
  }
  return direction < 0 ? IndexPart::Kind::Descending : IndexPart::Kind::Ascending;
}

std::vector<IndexPart> parse_key(bson::View key) {
  std::vector<IndexPart> parts;
  int hashed = 0;
  for (const bson::Element& field : key) {
    check_path(field.name());
    for (const IndexPart& part : parts) {
      if (part.path == field.name()) cannot("an index key pattern cannot name a field twice");
    }
    parts.push_back({std::string(field.name()), part_kind(field)});
    if (parts.back().kind == IndexPart::Kind::Hashed) ++hashed;
  }
  if (parts.empty()) cannot("index keys cannot be empty");
  if (parts.size() > kIndexFieldsMax) {
    raise(location(13103), "an index has at most {} fields", kIndexFieldsMax);
  }
  if (hashed > 1) raise(location(31303), "an index has at most one hashed field");
  return parts;
}

bool is_id_pattern(bson::View key) {
  if (key.count() != 1) return false;
  const bson::Element field = *key.begin();
  return field.name() == "_id" && field.is_number() && field.number_as_double() == 1;
}

void check_partial_filter(bson::View filter);

void check_partial_operators(bson::View operators) {
  for (const bson::Element& op : operators) {
    if (op.name().empty() || op.name()[0] != '$') return;  // a whole value: equality
    if (op.name() == "$exists") {
      if (!op.truthy()) cannot("$exists: false is not allowed in a partialFilterExpression");
    } else if (!one_of(op.name(), {"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$type"})) {
      cannot(fmt::format("{} is not allowed in a partialFilterExpression", op.name()));
    }
  }
}

void check_partial_filter(bson::View filter) {
  for (const bson::Element& field : filter) {
    if (field.name() == "$and" || field.name() == "$or") {
      if (!field.is_array()) cannot(fmt::format("{} needs an array", field.name()));
      for (const bson::Element& branch : field.as_document()) {
        if (branch.is_document()) check_partial_filter(branch.as_document());
      }
    } else if (!field.name().empty() && field.name()[0] == '$') {
      cannot(fmt::format("{} is not allowed in a partialFilterExpression", field.name()));
    } else if (field.is_document()) {
      check_partial_operators(field.as_document());
    } else if (field.type() == Type::Regex) {
      cannot("a regular expression is not allowed in a partialFilterExpression");
    }
  }
}

void check_expire(bson::ValueView value) {
  if (!value.is_number()) {
    raise(ErrorCode::TypeMismatch, "expected a number in 'expireAfterSeconds', found {}",
          bson::type_alias(value.type()));
  }
  const std::int64_t seconds = value.number_as_int64();
  if (seconds < 0 || seconds > kExpireSecondsMax) {
    cannot(fmt::format("'expireAfterSeconds' must lie between 0 and {}", kExpireSecondsMax));
  }
}

void check_flag(const bson::Element& field) {
  if (field.type() == Type::Bool || field.is_number()) return;
  raise(ErrorCode::TypeMismatch, "expected bool in '{}', found {}", field.name(),
        bson::type_alias(field.type()));
}

void check_version(const bson::Element& field) {
  if (!field.is_number()) {
    raise(ErrorCode::TypeMismatch, "expected a number in 'v', found {}",
          bson::type_alias(field.type()));
  }
  const double version = field.number_as_double();
  if (version != 1 && version != 2) cannot("index version must be 1 or 2");
}

/// Collects the checked fields of one specification.
class SpecParser {
 public:
  explicit SpecParser(bson::View spec) {
    for (const bson::Element& field : spec)
      take(field);
    if (!key_) raise(ErrorCode::FailedToParse, "an index specification needs 'key'");
    if (!name_) raise(ErrorCode::FailedToParse, "an index specification needs 'name'");
  }

  std::string normal_form(const query::Collation* inherited) {
    const bson::View key = key_.as_document();
    const std::vector<IndexPart> parts = parse_key(key);
    const bool id = is_id_pattern(key);
    check_name(id);
    check_combinations(id, parts);
    std::unique_ptr<query::Collation> own;
    if (collation_) own = query::parse_collation(collation_.as_document());
    const query::Collation* collation = collation_ ? own.get() : inherited;
    if (collation != nullptr && hashed(parts)) {
      cannot("hashed indexes do not support a collation");
    }
    bson::Builder out;
    out.add("v", std::int32_t{version_});
    out.add("key", key);
    out.add("name", id ? kIdIndexName : name_.as_string());
    if (!id) {
      for (const bson::Element& field : rest_)
        out.add(field);
    }
    if (collation != nullptr) out.add("collation", collation->spec());
    return out.take();
  }

 private:
  static bool hashed(const std::vector<IndexPart>& parts) {
    for (const IndexPart& part : parts) {
      if (part.kind == IndexPart::Kind::Hashed) return true;
    }
    return false;
  }

  void take(const bson::Element& field) {
    const std::string_view name = field.name();
    if (name == "key") {
      require_type(field, Type::Document, "key");
      key_ = field.value();
    } else if (name == "name") {
      require_type(field, Type::String, "name");
      name_ = field.value();
    } else if (name == "v") {
      check_version(field);
      version_ = static_cast<std::int32_t>(field.number_as_int64());
    } else if (name == "collation") {
      require_type(field, Type::Document, "collation");
      if (field.as_document().empty()) {
        raise(ErrorCode::BadValue, "'collation' cannot be an empty document");
      }
      collation_ = field.value();
    } else {
      take_option(field);
    }
  }

  void take_option(const bson::Element& field) {
    const std::string_view name = field.name();
    if (one_of(name, {"unique", "sparse", "background", "hidden"})) {
      check_flag(field);
      if (name == "unique") unique_ = field.truthy();
      if (name == "sparse") sparse_ = field.truthy();
      if (name == "hidden") {
        hidden_ = field.truthy();
        if (!hidden_) return;  // what is not hidden is not listed as such
      }
    } else if (name == "expireAfterSeconds") {
      check_expire(field);
      expires_ = true;
    } else if (name == "partialFilterExpression") {
      require_type(field, Type::Document, name);
      partial_ = field.value();
    } else if (name == "storageEngine") {
      check_engine_options(field, name);
    } else if (one_of(name, {"weights", "default_language", "language_override", "textIndexVersion",
                             "2dsphereIndexVersion", "bits", "min", "max", "wildcardProjection",
                             "prepareUnique", "bucketSize"})) {
      cannot(fmt::format("the index option '{}' is not supported by this server", name));
    } else {
      raise(ErrorCode::InvalidIndexSpecificationOption, "'{}' is no option of an index", name);
    }
    rest_.push_back(field);
  }

  void check_name(bool id) const {
    const std::string_view name = name_.as_string();
    if (name.empty()) cannot("index name cannot be empty");
    if (name.find('\0') != std::string_view::npos) cannot("index name cannot contain NUL");
    if (!is_utf8(name)) cannot("index name must be UTF-8");
    if (name == "*") raise(ErrorCode::BadValue, "index name cannot be '*'");
    if (name == kIdIndexName && !id) {
      raise(ErrorCode::BadValue, "the index name '_id_' is reserved for the index on _id");
    }
  }

  void check_combinations(bool id, const std::vector<IndexPart>& parts) const {
    if (id && hidden_) raise(ErrorCode::BadValue, "the index on _id cannot be hidden");
    if (id && (!rest_.empty() || partial_)) {
      for (const bson::Element& field : rest_) {
        if (field.name() == "background") continue;
        raise(ErrorCode::InvalidIndexSpecificationOption, "'{}' is no option of the index on _id",
              field.name());
      }
    }
    if (partial_) {
      if (sparse_) cannot("an index cannot be both partial and sparse");
      check_partial_filter(partial_.as_document());
      query::Matcher(partial_.as_document(), query::QueryContext{});
    }
    if (unique_ && hashed(parts)) raise(location(16764), "hashed indexes cannot be unique");
    if (expires_ && parts.size() > 1) {
      cannot("TTL indexes have one field, compound indexes do not support 'expireAfterSeconds'");
    }
  }

  bson::ValueView key_, name_, collation_, partial_;
  std::int32_t version_ = 2;
  bool unique_ = false, sparse_ = false, hidden_ = false, expires_ = false;
  std::vector<bson::Element> rest_;
};

bool same_value(bson::ValueView a, bson::ValueView b) {
  return a.missing() == b.missing() && bson::equal(a, b);
}

bool equivalent(const IndexDefinition& a, const IndexDefinition& b) {
  return bson::equal(bson::ValueView::document(a.key_pattern()),
                     bson::ValueView::document(b.key_pattern())) &&
         a.unique == b.unique && a.sparse == b.sparse &&
         same_value(bson::View(a.spec)["collation"], bson::View(b.spec)["collation"]) &&
         same_value(bson::View(a.spec)["partialFilterExpression"],
                    bson::View(b.spec)["partialFilterExpression"]);
}

}  // namespace

std::string parse_index_spec(bson::View spec, const query::Collation* collection_collation) {
  return SpecParser(spec).normal_form(collection_collation);
}

std::string generated_index_name(bson::View key_pattern) {
  std::string name;
  for (const bson::Element& field : key_pattern) {
    if (!name.empty()) name += '_';
    name += field.name();
    name += '_';
    name += field.is_string() ? std::string(field.as_string())
                              : fmt::format("{}", field.number_as_int64());
  }
  return name;
}

std::string id_index_spec(const query::Collation* collection_collation) {
  bson::Builder out;
  out.add("v", std::int32_t{2});
  out.open_document("key").add("_id", std::int32_t{1}).close();
  out.add("name", kIdIndexName);
  if (collection_collation != nullptr) out.add("collation", collection_collation->spec());
  return out.take();
}

IndexDefinition make_index(std::uint64_t id, std::string spec_bytes) {
  IndexDefinition index;
  index.id = id;
  index.spec = std::move(spec_bytes);
  const bson::View spec(index.spec);
  index.name = spec["name"].as_string();
  index.key = spec["key"].as_document().to_string();
  index.parts = parse_key(index.key_pattern());
  index.clustered = spec["clustered"].truthy();
  index.unique = index.is_id_index() || spec["unique"].truthy();
  index.sparse = spec["sparse"].truthy();
  index.hidden = spec["hidden"].truthy();
  if (const bson::Element collation = spec["collation"]) {
    index.collation = query::parse_collation(collation.as_document());
  }
  if (const bson::Element filter = spec["partialFilterExpression"]) {
    index.partial_filter = filter.as_document().to_string();
    query::QueryContext context;
    context.collation = index.collation.get();
    index.partial =
        std::make_shared<const query::Matcher>(bson::View(index.partial_filter), context);
  }
  if (const bson::Element seconds = spec["expireAfterSeconds"]) {
    index.expire_after_seconds = seconds.number_as_int64();
  }
  index.runtime = std::make_shared<IndexRuntime>();
  return index;
}

IndexRelation relate(const IndexDefinition& existing, const IndexDefinition& wanted) {
  const bool same_name = existing.name == wanted.name;
  if (!equivalent(existing, wanted)) {
    return same_name ? IndexRelation::NameConflict : IndexRelation::Different;
  }
  const bool same_options = existing.expire_after_seconds == wanted.expire_after_seconds;
  return same_name && same_options ? IndexRelation::Same : IndexRelation::OptionsConflict;
}

}  // namespace freshet::catalog

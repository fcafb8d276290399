// SPDX-License-Identifier: Apache-2.0
#include "catalog/index_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "catalog/index_key_pattern.h"
#include "catalog/index_kind.h"
#include "catalog/options.h"
#include "catalog/partial_filter.h"
#include "catalog/wildcard_paths.h"

namespace freshet::catalog {
namespace {

using bson::Type;

constexpr std::int64_t kExpireSecondsMax = INT32_MAX;

bool one_of(std::string_view text, std::initializer_list<std::string_view> set) {
  for (const std::string_view member : set) {
    if (member == text) return true;
  }
  return false;
}

bool is_id_pattern(bson::View key) {
  if (key.count() != 1) return false;
  const bson::Element field = *key.begin();
  return field.name() == "_id" && field.is_number() && field.number_as_double() == 1;
}

void check_expire(bson::ValueView value) {
  if (!value.is_number()) {
    raise(ErrorCode::TypeMismatch, "expected a number in 'expireAfterSeconds', found {}",
          bson::type_alias(value.type()));
  }
  const std::int64_t seconds = value.number_as_int64();
  if (seconds < 0 || seconds > kExpireSecondsMax) {
    cannot_create_index(
        fmt::format("'expireAfterSeconds' must lie between 0 and {}", kExpireSecondsMax));
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
  if (version != 1 && version != 2) cannot_create_index("index version must be 1 or 2");
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
    parsed_.key = key;
    parsed_.parts = parse_key_pattern(key);
    const bool id = is_id_pattern(key);
    check_name(id);
    if (id) check_id_index();
    if (parsed_.partial_filter && parsed_.sparse) {
      cannot_create_index("an index cannot be both partial and sparse");
    }
    std::unique_ptr<query::Collation> own;
    if (collation_) own = query::parse_collation(collation_.as_document());
    parsed_.collation = collation_ ? own.get() : inherited;
    const IndexKindRow& row = row_of(kind_of(parsed_.parts));
    keep_foreign_options(row);
    row.check(parsed_);
    return written(row, id);
  }

 private:
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
      parsed_.version = static_cast<std::int32_t>(field.number_as_int64());
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

  /// Options of other kinds mean nothing, and are kept as they were sent.
  void keep_foreign_options(const IndexKindRow& row) {
    for (const bson::Element& option : parsed_.kind_options) {
      const auto& own = row.options;
      if (std::find(own.begin(), own.end(), option.name()) == own.end()) rest_.push_back(option);
    }
  }

  std::string written(const IndexKindRow& row, bool id) const {
    bson::Builder out;
    out.add("v", parsed_.version);
    const std::string own_key = row.normal_key != nullptr ? row.normal_key(parsed_) : std::string();
    out.add("key", own_key.empty() ? parsed_.key : bson::View(own_key));
    out.add("name", id ? kIdIndexName : name_.as_string());
    if (!id) {
      for (const bson::Element& field : rest_)
        out.add(field);
    }
    if (row.add_options != nullptr) row.add_options(parsed_, out);
    if (parsed_.collation != nullptr) out.add("collation", parsed_.collation->spec());
    return out.take();
  }

  void take_option(const bson::Element& field) {
    const std::string_view name = field.name();
    if (one_of(name, {"unique", "sparse", "background", "hidden", "prepareUnique"})) {
      check_flag(field);
      if (name == "unique") parsed_.unique = field.truthy();
      if (name == "sparse") parsed_.sparse = field.truthy();
      if (name == "hidden") parsed_.hidden = field.truthy();
      if (name == "prepareUnique") parsed_.prepare_unique = field.truthy();
      // What is not hidden is not listed as such.
      if (one_of(name, {"hidden", "prepareUnique"}) && !field.truthy()) return;
    } else if (name == "expireAfterSeconds") {
      check_expire(field);
      parsed_.expires = true;
    } else if (name == "partialFilterExpression") {
      require_type(field, Type::Document, name);
      parsed_.partial_filter = field.value();
      check_partial_filter(field.as_document());
    } else if (name == "wildcardProjection") {
      require_type(field, Type::Document, name);
      parsed_.wildcard_projection = field.value();
    } else if (name == "dropDups") {
      check_flag(field);
      return;  // since 3.0 duplicates are refused whatever it says; clients go on sending it
    } else if (name == "storageEngine") {
      check_engine_options(field, name);
    } else if (is_kind_option(name)) {
      parsed_.kind_options.push_back(field);
      return;
    } else if (name == "bucketSize") {
      cannot_create_index(
          fmt::format("the index option '{}' is not supported by this server", name));
    } else {
      raise(ErrorCode::InvalidIndexSpecificationOption, "'{}' is no option of an index", name);
    }
    rest_.push_back(field);
  }

  void check_name(bool id) const {
    const std::string_view name = name_.as_string();
    if (name.empty()) cannot_create_index("index name cannot be empty");
    if (name.find('\0') != std::string_view::npos)
      cannot_create_index("index name cannot contain NUL");
    if (!is_utf8(name)) cannot_create_index("index name must be UTF-8");
    if (name == "*") raise(ErrorCode::BadValue, "index name cannot be '*'");
    if (name == kIdIndexName && !id) {
      raise(ErrorCode::BadValue, "the index name '_id_' is reserved for the index on _id");
    }
  }

  void check_id_index() const {
    if (parsed_.hidden) raise(ErrorCode::BadValue, "the index on _id cannot be hidden");
    for (const bson::Element& field : rest_) {
      if (field.name() == "background") continue;
      raise(ErrorCode::InvalidIndexSpecificationOption, "'{}' is no option of the index on _id",
            field.name());
    }
  }

  ParsedIndexSpec parsed_;
  bson::ValueView key_, name_, collation_;
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
                    bson::View(b.spec)["partialFilterExpression"]) &&
         same_value(bson::View(a.spec)["wildcardProjection"],
                    bson::View(b.spec)["wildcardProjection"]);
}

bool same_kind_options(const IndexDefinition& a, const IndexDefinition& b) {
  const auto& options = row_of(a.kind).options;
  return std::all_of(options.begin(), options.end(), [&](std::string_view name) {
    return same_value(bson::View(a.spec)[name], bson::View(b.spec)[name]);
  });
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
  index.parts = parse_key_pattern(index.key_pattern());
  index.kind = kind_of(index.parts);
  index.clustered = spec["clustered"].truthy();
  index.unique = index.is_id_index() || spec["unique"].truthy();
  // Whatever the option says: the others hold what has terms or a place.
  index.sparse = spec["sparse"].truthy() && index.kind != IndexKind::Text && !index.has_place();
  index.hidden = spec["hidden"].truthy();
  index.prepare_unique = spec["prepareUnique"].truthy();
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
  for (const IndexPart& part : index.parts) {
    if (part.kind != IndexPart::Kind::Wildcard) continue;
    const bson::Element projection = spec["wildcardProjection"];
    index.wildcard = std::make_shared<const WildcardPaths>(
        part.path, projection ? projection.as_document() : bson::View());
  }
  if (index.kind == IndexKind::Flat) index.grid = flat_grid(spec);
  if (index.kind == IndexKind::Text) index.text = std::make_shared<const query::TextIndex>(spec);
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
  const bool same_options = existing.expire_after_seconds == wanted.expire_after_seconds &&
                            same_kind_options(existing, wanted);
  return same_name && same_options ? IndexRelation::Same : IndexRelation::OptionsConflict;
}

}  // namespace freshet::catalog

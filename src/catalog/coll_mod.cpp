// SPDX-License-Identifier: Apache-2.0
// collMod: validators, images, capped limits, hiding and expiry of indexes, views.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "bson/builder.h"
#include "bson/compare.h"
#include "bson/value.h"
#include "catalog/clustered.h"
#include "catalog/ddl.h"
#include "catalog/ddl_commit.h"
#include "catalog/index_spec.h"
#include "catalog/options.h"
#include "catalog/time_series.h"

namespace freshet::catalog {
namespace {

using bson::Type;

constexpr std::int64_t kExpireSecondsMax = INT32_MAX;

void add_number(bson::Builder& out, std::string_view name, std::int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX) {
    out.add(name, static_cast<std::int32_t>(value));
  } else {
    out.add(name, value);
  }
}

/// `index: {name | keyPattern, expireAfterSeconds, hidden, prepareUnique}`, checked.
struct IndexChange {
  std::string_view name;
  bson::ValueView key;
  std::optional<std::int64_t> expire;
  std::optional<bool> hidden;
  std::optional<bool> prepare_unique;
};

void take_index_field(IndexChange& change, const bson::Element& field) {
  if (field.name() == "name") {
    require_type(field, Type::String, "collMod.index.name");
    change.name = field.as_string();
  } else if (field.name() == "keyPattern") {
    require_type(field, Type::Document, "collMod.index.keyPattern");
    change.key = field.value();
  } else if (field.name() == "expireAfterSeconds") {
    const bool number = field.is_number();
    if (!number) require_type(field, Type::Int64, "collMod.index.expireAfterSeconds");
    change.expire = field.number_as_int64();
    if (*change.expire < 0 || *change.expire > kExpireSecondsMax) {
      raise(ErrorCode::InvalidOptions, "'expireAfterSeconds' must lie between 0 and {}",
            kExpireSecondsMax);
    }
  } else if (field.name() == "hidden") {
    if (!field.is_number()) require_type(field, Type::Bool, "collMod.index.hidden");
    change.hidden = field.truthy();
  } else if (field.name() == "prepareUnique") {
    if (!field.is_number()) require_type(field, Type::Bool, "collMod.index.prepareUnique");
    change.prepare_unique = field.truthy();
  } else {
    raise(ErrorCode::Location40415, "BSON field 'collMod.index.{}' is an unknown field",
          field.name());
  }
}

IndexChange parse_index_change(bson::ValueView value) {
  require_type(value, Type::Document, "collMod.index");
  IndexChange change;
  for (const bson::Element& field : value.as_document())
    take_index_field(change, field);
  if (change.name.empty() == change.key.missing()) {
    raise(ErrorCode::InvalidOptions, "'collMod.index' needs either 'name' or 'keyPattern'");
  }
  if (!change.expire && !change.hidden && !change.prepare_unique) {
    raise(ErrorCode::InvalidOptions,
          "no 'expireAfterSeconds', 'hidden', 'prepareUnique' or 'unique' in 'collMod.index'");
  }
  return change;
}

std::size_t find_target(const CollectionDefinition& collection, const IndexChange& change) {
  for (std::size_t i = 0; i < collection.indexes.size(); ++i) {
    const IndexDefinition& index = *collection.indexes[i];
    if (index.replaces != 0) continue;
    const bool same = change.key
                          ? bson::equal(bson::ValueView::document(index.key_pattern()), change.key)
                          : index.name == change.name;
    if (same) return i;
  }
  raise(ErrorCode::IndexNotFound, "cannot find index for ns {}", collection.full_name);
}

/// `spec` with a field replaced or added; a Missing value takes it away.
std::string with_field(bson::View spec, std::string_view name, const bson::Value& value) {
  bson::Builder out;
  bool done = false;
  const auto add = [&] {
    out.add(name, value.view());
    done = true;
  };
  for (const bson::Element& field : spec) {
    if (field.name() == name) {
      add();
    } else {
      out.add(field);
    }
  }
  if (!done) add();
  return out.take();
}

/// What one collMod makes of a definition, gathered field by field.
class Modification {
 public:
  explicit Modification(const CollectionDefinition& base)
      : base_(base), next_(DdlCommit::copy_of(base)) {
    command_.add("collMod", base.ns.coll);
  }

  void take(const bson::Element& field);
  void finish();

  std::shared_ptr<CollectionDefinition> next() { return next_; }
  std::string reply() { return reply_.take(); }
  /// The command as it is logged: an index is named, however it was found.
  std::string command();
  /// What was there before, for those who read the log.
  std::string before() const;

 private:
  void take_view_field(const bson::Element& field);
  void take_index(const bson::Element& field);
  void set_flag(IndexDefinition& index, const std::string& name, bool old, bool now,
                bson::Builder& before);
  void take_time_series(const bson::Element& field);
  void take_expiry(const bson::Element& field);
  void log_index(const IndexDefinition& index, const IndexChange& change);
  void set(std::string_view name, bson::ValueView value) {
    options_.add(name, value);
    command_.add(name, value);
  }

  const CollectionDefinition& base_;
  std::shared_ptr<CollectionDefinition> next_;
  bson::Builder options_;  // changed options
  bson::Builder command_;
  bson::Builder reply_;
  std::string index_options_before_;
  bool validation_ = false;
};

void Modification::take_view_field(const bson::Element& field) {
  if (!base_.is_view()) {
    raise(ErrorCode::InvalidOptions, "'{}' is an option of views, {} is a collection", field.name(),
          base_.full_name);
  }
  require_type(field, field.name() == "viewOn" ? Type::String : Type::Array, field.name());
  set(field.name(), field);
}

void check_index_change(const IndexDefinition& index, const IndexChange& change) {
  if (index.is_id_index()) {
    raise(ErrorCode::BadValue, "the index on _id can be neither hidden nor made to expire");
  }
  if (change.expire && index.parts.size() > 1) {
    raise(ErrorCode::InvalidOptions, "compound indexes do not support 'expireAfterSeconds'");
  }
  if ((change.expire || change.prepare_unique) && index.kind != IndexKind::Ordered) {
    raise(ErrorCode::InvalidOptions, "the index '{}' can neither expire nor become unique",
          index.name);
  }
}

void Modification::take_index(const bson::Element& field) {
  const IndexChange change = parse_index_change(field);
  const std::size_t i = find_target(base_, change);
  const IndexDefinition& old = *base_.indexes[i];
  check_index_change(old, change);
  auto made = std::make_shared<IndexDefinition>(old);
  bson::Builder before;
  if (change.expire) {
    if (old.expire_after_seconds) {
      add_number(reply_, "expireAfterSeconds_old", *old.expire_after_seconds);
      before.add("expireAfterSeconds", *old.expire_after_seconds);
    }
    add_number(reply_, "expireAfterSeconds_new", *change.expire);
    made->expire_after_seconds = change.expire;
    made->spec = with_field(bson::View(made->spec), "expireAfterSeconds",
                            bson::Value::int64(*change.expire));
  }
  if (change.hidden && *change.hidden != old.hidden) {
    made->hidden = *change.hidden;
    set_flag(*made, "hidden", old.hidden, made->hidden, before);
  }
  if (change.prepare_unique && *change.prepare_unique != old.prepare_unique) {
    made->prepare_unique = *change.prepare_unique;
    set_flag(*made, "prepareUnique", old.prepare_unique, made->prepare_unique, before);
  }
  log_index(*made, change);
  index_options_before_ = before.take();
  next_->indexes[i] = std::move(made);
}

// A flag that is not set is not listed.
void Modification::set_flag(IndexDefinition& index, const std::string& name, bool old, bool now,
                            bson::Builder& before) {
  reply_.add(name + "_old", old).add(name + "_new", now);
  before.add(name, old);
  index.spec =
      with_field(bson::View(index.spec), name, now ? bson::Value::boolean(true) : bson::Value());
}

void Modification::take_time_series(const bson::Element& field) {
  if (!base_.is_time_series()) {
    raise(ErrorCode::InvalidOptions, "'timeseries' needs a time-series collection");
  }
  const bson::Element current = bson::View(base_.options)["timeseries"];
  const std::string changed = change_time_series(current.as_document(), field);
  set("timeseries", bson::ValueView::document(bson::View(changed)));
}

void Modification::take_expiry(const bson::Element& field) {
  if (!base_.is_time_series() && !base_.clustered) {
    raise(ErrorCode::InvalidOptions,
          "'expireAfterSeconds' needs a time-series or clustered collection");
  }
  if (field.is_string() && field.as_string() == "off") {
    options_.add_null("expireAfterSeconds");
    command_.add("expireAfterSeconds", field);
    return;
  }
  const bson::Value seconds = bson::Value::int64(parse_expire_after_seconds(field));
  set("expireAfterSeconds", seconds.view());
}

void Modification::log_index(const IndexDefinition& index, const IndexChange& change) {
  command_.open_document("index").add("name", index.name);
  if (change.expire) command_.add("expireAfterSeconds", *change.expire);
  if (change.hidden) command_.add("hidden", *change.hidden);
  if (change.prepare_unique) command_.add("prepareUnique", *change.prepare_unique);
  command_.close();
}

void Modification::take(const bson::Element& field) {
  const std::string_view name = field.name();
  if (name == "viewOn" || name == "pipeline") return take_view_field(field);
  if (base_.is_view()) {
    raise(ErrorCode::InvalidOptions, "'{}' is no option of a view", name);
  }
  if (name == "index") {
    take_index(field);
  } else if (name == "validator") {
    check_validator(base_.ns, field, base_.collation.get());
    set(name, field);
    validation_ = true;
  } else if (name == "validationLevel") {
    check_validation_level(field);
    set(name, field);
    validation_ = true;
  } else if (name == "validationAction") {
    check_validation_action(field);
    set(name, field);
    validation_ = true;
  } else if (name == "changeStreamPreAndPostImages") {
    command_.add(name, field);
    if (parse_images_option(field)) {
      options_.add(name, field);
    } else {
      options_.add_null(name);
    }
  } else if (name == "freshetHistory") {
    check_history_option(field);
    command_.add(name, field);
    if (field.as_document().empty()) {
      options_.add_null(name);
    } else {
      options_.add(name, field);
    }
  } else if (name == "cappedSize" || name == "cappedMax") {
    if (!base_.capped) raise(ErrorCode::InvalidOptions, "'{}' needs a capped collection", name);
    const std::int64_t value = parse_count_option(field, name);
    command_.add(name, field);
    add_number(options_, name == "cappedSize" ? "size" : "max",
               name == "cappedSize" ? rounded_capped_size(value) : value);
  } else if (name == "timeseries") {
    take_time_series(field);
  } else if (name == "expireAfterSeconds") {
    take_expiry(field);
  } else {
    raise(ErrorCode::Location40415, "BSON field 'collMod.{}' is an unknown field", name);
  }
}

void Modification::finish() {
  std::string changes = options_.take();
  const bson::View wanted(changes);
  bson::Builder full;
  full.add_all(wanted);
  if (validation_) {  // what was left to the defaults is written out from now on
    const bson::View had(base_.options);
    if (!wanted["validationLevel"] && !had["validationLevel"])
      full.add("validationLevel", "strict");
    if (!wanted["validationAction"] && !had["validationAction"]) {
      full.add("validationAction", "error");
    }
  }
  const std::string all = full.take();
  apply_options(*next_, change_options(bson::View(base_.options), bson::View(all)));
}

std::string Modification::command() {
  return command_.take();
}

std::string Modification::before() const {
  bson::Builder o2;
  o2.open_document("collectionOptions_old");
  if (!base_.is_view()) base_.uuid.append_to(o2, "uuid");
  o2.add_all(bson::View(base_.options));
  o2.close();
  if (!index_options_before_.empty()) {
    o2.add("indexOptions_old", bson::View(index_options_before_));
  }
  return o2.take();
}

}  // namespace

CollModResult Ddl::coll_mod(const model::Namespace& ns, bson::View changes,
                            const ViewCheck& check_view) {
  const MutexLock lock(mutex_);
  DdlCommit change(commits_, catalog_);
  const CollectionPtr base = change.base().find(ns);
  if (base == nullptr) raise(ErrorCode::NamespaceNotFound, "ns does not exist: {}", ns.full());
  if (base->is_oplog()) raise(ErrorCode::IllegalOperation, "cannot modify the oplog");
  Modification modification(*base);
  for (const bson::Element& field : changes)
    modification.take(field);
  modification.finish();
  if (base->is_view() && check_view) check_view(change.base(), *modification.next());
  CollModResult result;
  result.index_changes = modification.reply();
  const std::string command = modification.command();
  const std::string o2 = modification.before();
  const bson::View o2_view(o2);
  change.put(modification.next());
  change.append(oplog::make_command(entry_context(), ns.db,
                                    base->is_view() ? std::nullopt : std::optional(base->uuid),
                                    bson::View(command), &o2_view));
  result.ddl = {commit_locked(change), true};
  return result;
}

}  // namespace freshet::catalog
